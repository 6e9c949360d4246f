"""Connectors. Their secrets go in and never come out."""

import msgspec
from aiohttp import web

from schemas.api import Page, PageQuery
from schemas.connector_api import ConnectorAdd, ConnectorChange, ConnectorView
from schemas.redaction import masked
from schemas.routes import (
    CONNECTOR,
    CONNECTOR_ADD,
    CONNECTOR_CHANGE,
    CONNECTOR_CHECK,
    CONNECTOR_PATCH,
    CONNECTOR_REMOVE,
    CONNECTORS,
)
from service.web.api.binding import Path, bind
from service.web.operations import Operations


def routes(operations: Operations) -> list[web.RouteDef]:
    async def listed(path: Path, query: PageQuery, body: None) -> Page[ConnectorView]:
        page = await operations.connectors(query)
        return msgspec.structs.replace(page, results=tuple(map(_safe, page.results)))

    async def added(path: Path, query: None, body: ConnectorAdd) -> ConnectorView:
        return _safe(await operations.add_connector(body))

    async def changed(path: Path, query: None, body: ConnectorChange) -> ConnectorView:
        return _safe(await operations.change_connector(path["connector"], body))

    async def one(path: Path, query: None, body: None) -> ConnectorView:
        return await looked(path)

    async def looked(path: Path) -> ConnectorView:
        return _safe(await operations.connector(path["connector"]))

    return [
        bind(CONNECTORS, listed),
        bind(CONNECTOR_ADD, added),
        bind(CONNECTOR, one, edition=_edition),
        bind(CONNECTOR_CHANGE, changed, before=looked, edition=_edition),
        bind(CONNECTOR_PATCH, changed, before=looked, edition=_edition),
        bind(
            CONNECTOR_REMOVE,
            lambda path, query, body: operations.remove_connector(path["connector"]),
            before=looked,
        ),
        bind(
            CONNECTOR_CHECK,
            lambda path, query, body: operations.check_connector(path["connector"], body.project),
        ),
    ]


def _edition(view: ConnectorView) -> str:
    return f"{view.id}.{view.revision}"


def _safe(view: ConnectorView) -> ConnectorView:
    return msgspec.structs.replace(view, params=masked(view.params))
