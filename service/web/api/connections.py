"""Connections, their settings and their rules."""

from aiohttp import web

from schemas.routes import (
    CONNECTION,
    CONNECTION_ACCEPT,
    CONNECTION_CONFIRM,
    CONNECTION_INITIATE,
    CONNECTION_PAIR_AGAIN,
    CONNECTION_PAIRS,
    CONNECTION_PAUSE,
    CONNECTION_PROBE,
    CONNECTION_REMOVE,
    CONNECTION_RESUME,
    CONNECTION_SETTINGS,
    CONNECTIONS,
    RULES,
    RULES_PUT,
)
from service.web.api.binding import Path, bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(CONNECTIONS, lambda path, query, body: operations.connections(query)),
        bind(CONNECTION_INITIATE, lambda path, query, body: operations.initiate(body)),
        bind(CONNECTION_ACCEPT, lambda path, query, body: operations.accept(body)),
        bind(CONNECTION, lambda path, query, body: operations.connection(_name(path))),
        bind(
            CONNECTION_SETTINGS,
            lambda path, query, body: operations.set_settings(_name(path), body),
        ),
        bind(CONNECTION_PAUSE, lambda path, query, body: operations.pause(_name(path))),
        bind(CONNECTION_RESUME, lambda path, query, body: operations.resume(_name(path))),
        bind(
            CONNECTION_REMOVE,
            lambda path, query, body: operations.remove_connection(_name(path), query),
        ),
        bind(CONNECTION_CONFIRM, lambda path, query, body: operations.confirm(_name(path), body)),
        bind(CONNECTION_PAIRS, lambda path, query, body: operations.pairs(_name(path), query)),
        bind(
            CONNECTION_PAIR_AGAIN,
            lambda path, query, body: operations.pair_again(_name(path), body),
        ),
        bind(CONNECTION_PROBE, lambda path, query, body: operations.probe(body.url)),
        bind(RULES, lambda path, query, body: operations.rules(_name(path))),
        bind(
            RULES_PUT,
            lambda path, query, body: operations.save_rules(_name(path), body),
            status=lambda saved: 200 if saved.version is not None else 422,
        ),
    ]


def _name(path: Path) -> str:
    return path["connection"]
