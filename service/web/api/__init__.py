"""The management API under /api/v2, each path with and without a slash at its end."""

from aiohttp import web

from schemas.routes import HEALTH, NODE
from service.web.api import (
    activity,
    alm,
    configuration,
    connections,
    connectors,
    events,
    invitations,
    mapping,
    node,
    peers,
    relay,
    rules,
    snippets,
    triggers,
    twins,
)
from service.web.api.binding import bind
from service.web.api.shadows import refusals
from service.web.health import HealthBoard
from service.web.operations import Operations


def api_routes(operations: Operations, board: HealthBoard) -> list[web.RouteDef]:
    found = [
        bind(NODE, lambda path, query, body: operations.node()),
        bind(HEALTH, lambda path, query, body: board.report()),
        *alm.routes(operations),
        *peers.routes(operations),
        *connectors.routes(operations),
        *connections.routes(operations),
        *rules.routes(operations),
        *configuration.routes(operations),
        *snippets.routes(operations),
        *invitations.routes(operations),
        *twins.routes(operations),
        *activity.routes(operations),
        *relay.routes(operations),
        *mapping.routes(operations),
        *node.routes(operations),
        *triggers.routes(operations),
        *events.routes(operations),
    ]
    found += refusals(found)
    return [*found, *(web.route(each.method, f"{each.path}/", each.handler) for each in found)]
