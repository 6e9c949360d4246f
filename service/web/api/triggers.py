"""Triggers of a connection."""

from aiohttp import web

from schemas.trigger_routes import (
    TRIGGER,
    TRIGGER_PREVIEW,
    TRIGGER_PUT,
    TRIGGER_REMOVE,
    TRIGGERS,
)
from service.web.api.binding import bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(TRIGGERS, lambda path, query, body: operations.triggers(path["connection"], query)),
        bind(
            TRIGGER,
            lambda path, query, body: operations.trigger(path["connection"], path["trigger"]),
        ),
        bind(
            TRIGGER_PUT,
            lambda path, query, body: operations.put_trigger(
                path["connection"], path["trigger"], body
            ),
        ),
        bind(
            TRIGGER_REMOVE,
            lambda path, query, body: operations.remove_trigger(
                path["connection"], path["trigger"]
            ),
            before=lambda path: operations.trigger(path["connection"], path["trigger"]),
        ),
        bind(
            TRIGGER_PREVIEW,
            lambda path, query, body: operations.preview_trigger(path["connection"], body),
        ),
    ]
