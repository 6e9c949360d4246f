"""What was decided for which change, and why."""

from aiohttp import web

from schemas.routes import ACTIVITY
from service.web.api.binding import bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [bind(ACTIVITY, lambda path, query, body: operations.activity(query))]
