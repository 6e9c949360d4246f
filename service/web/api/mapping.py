"""Mapping tables of a connection."""

import hashlib
from collections.abc import Awaitable

import msgspec
from aiohttp import web

from schemas.mapping import MappingView
from schemas.mapping_routes import MAPPING, MAPPING_PUT, MAPPING_SOLVE, MAPPING_SUGGEST
from service.web.api.binding import Path, bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    def looked(path: Path) -> Awaitable[MappingView]:
        return operations.mapping(_name(path))

    return [
        bind(MAPPING, lambda path, query, body: looked(path), edition=_edition),
        bind(
            MAPPING_PUT,
            lambda path, query, body: operations.set_mapping(_name(path), body),
            before=looked,
            edition=_edition,
        ),
        bind(
            MAPPING_SOLVE,
            lambda path, query, body: operations.solve_mapping(_name(path), body),
            before=looked,
        ),
        bind(MAPPING_SUGGEST, lambda path, query, body: operations.suggest_mapping(_name(path))),
    ]


def _edition(view: MappingView) -> str:
    """Of what people edit, not of what waits."""
    edited = (view.tables, view.flow, view.users, view.default_user)
    return hashlib.sha256(msgspec.json.encode(edited, order="deterministic")).hexdigest()[:32]


def _name(path: Path) -> str:
    return path["connection"]
