"""The configuration of the node as a whole: shown, planned, applied."""

from aiohttp import web

from schemas.configuration_routes import CONFIGURATION, CONFIGURATION_APPLY, CONFIGURATION_PLAN
from service.web.api.binding import bind, bind_as
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    configuration = operations.configuration
    return [
        bind(
            CONFIGURATION,
            lambda path, query, body: configuration.view(),
            edition=lambda view: view.edition,
        ),
        bind_as(
            CONFIGURATION_PLAN,
            lambda caller, path, query, body: configuration.plan(body, caller),
        ),
        bind_as(
            CONFIGURATION_APPLY,
            lambda caller, path, query, body: configuration.apply(body, caller),
            status=lambda done: 200 if done.applied else 422,
        ),
    ]
