"""Passes of this node as a relay."""

from aiohttp import web

from schemas.routes import RELAY_PASS_ADD, RELAY_PASS_REVOKE, RELAY_PASSES
from service.web.api.binding import bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(RELAY_PASSES, lambda path, query, body: operations.relay_passes(query)),
        bind(RELAY_PASS_ADD, lambda path, query, body: operations.add_relay_pass(body)),
        bind(
            RELAY_PASS_REVOKE,
            lambda path, query, body: operations.revoke_relay_pass(path["relay_pass"]),
        ),
    ]
