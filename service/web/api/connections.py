"""Connections, their settings and their rules."""

import hashlib
from collections.abc import Awaitable

import msgspec
from aiohttp import web

from schemas.connection_api import ConnectionView
from schemas.routes import (
    CONNECTION,
    CONNECTION_ACCEPT,
    CONNECTION_AGREE,
    CONNECTION_CONFIRM,
    CONNECTION_INITIATE,
    CONNECTION_PAIR_AGAIN,
    CONNECTION_PAIRS,
    CONNECTION_PAUSE,
    CONNECTION_PROBE,
    CONNECTION_REMOVE,
    CONNECTION_RESUME,
    CONNECTION_SETTINGS,
    CONNECTION_SETTINGS_PATCH,
    CONNECTIONS,
    RULES,
    RULES_PUT,
)
from schemas.rule_life import RulesView
from service.web.api.binding import Path, bind, bind_as
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    def looked(path: Path) -> Awaitable[ConnectionView]:
        return operations.connection(_name(path))

    def rules(path: Path) -> Awaitable[RulesView]:
        return operations.rules(_name(path))

    return [
        bind_as(
            CONNECTIONS,
            lambda caller, path, query, body: operations.connections(query, caller.connections),
        ),
        bind(CONNECTION_INITIATE, lambda path, query, body: operations.initiate(body)),
        bind(CONNECTION_ACCEPT, lambda path, query, body: operations.accept(body)),
        bind(CONNECTION, lambda path, query, body: looked(path), edition=_edition),
        bind(
            CONNECTION_SETTINGS,
            lambda path, query, body: operations.set_settings(_name(path), body),
            before=looked,
            edition=_edition,
        ),
        bind(
            CONNECTION_SETTINGS_PATCH,
            lambda path, query, body: operations.change_settings(_name(path), body),
            before=looked,
            edition=_edition,
        ),
        bind(
            CONNECTION_PAUSE,
            lambda path, query, body: operations.pause(_name(path)),
            before=looked,
        ),
        bind(
            CONNECTION_RESUME,
            lambda path, query, body: operations.resume(_name(path)),
            before=looked,
        ),
        bind(
            CONNECTION_REMOVE,
            lambda path, query, body: operations.remove_connection(_name(path), query),
            before=looked,
        ),
        bind(CONNECTION_AGREE, lambda path, query, body: operations.agree(_name(path), body)),
        bind(CONNECTION_CONFIRM, lambda path, query, body: operations.confirm(_name(path), body)),
        bind(CONNECTION_PAIRS, lambda path, query, body: operations.pairs(_name(path), query)),
        bind(
            CONNECTION_PAIR_AGAIN,
            lambda path, query, body: operations.pair_again(_name(path), body),
        ),
        bind(CONNECTION_PROBE, lambda path, query, body: operations.probe(body.url)),
        bind(RULES, lambda path, query, body: rules(path), edition=_version),
        bind_as(
            RULES_PUT,
            lambda caller, path, query, body: operations.save_rules(_name(path), body, caller.name),
            status=lambda saved: 200 if saved.version is not None else 422,
            before=rules,
            edition=_version,
        ),
    ]


def _edition(view: ConnectionView) -> str:
    """Of what people edit: neither counts nor the standing of the connection."""
    edited = msgspec.json.encode(view.settings, order="deterministic")
    return hashlib.sha256(view.id.encode() + edited).hexdigest()[:32]


def _version(rules: RulesView) -> str:
    return str(rules.version)


def _name(path: Path) -> str:
    return path["connection"]
