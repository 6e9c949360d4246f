"""SD Elements' ALM API."""

from collections.abc import Awaitable

from aiohttp import web

from schemas import alm_routes as routes_of
from schemas.access import Caller
from schemas.alm import AlmConnectionOneQuery, AlmConnectionView, AlmConnectorView
from service.web.api.binding import Path, bind, bind_as
from service.web.operations import Operations

_NOBODY = Caller("audit", "viewer", edit_alm=True)
"""For whom the audit log looks; it masks secrets by itself."""


def routes(operations: Operations) -> list[web.RouteDef]:
    return [*_connectors(operations), *_connections(operations), *_rest(operations)]


def _connectors(operations: Operations) -> list[web.RouteDef]:
    def before(path: Path) -> Awaitable[AlmConnectorView]:
        return operations.alm.connector(_NOBODY, path["alm_connector"])

    return [
        bind_as(
            routes_of.ALM_CONNECTORS,
            lambda caller, path, query, body: operations.alm.connectors(caller, query),
        ),
        bind_as(
            routes_of.ALM_CONNECTOR_CREATE,
            lambda caller, path, query, body: operations.alm.create_connector(caller, body),
        ),
        bind(
            routes_of.ALM_CONNECTOR_TEST,
            lambda path, query, body: operations.alm.test_connector(body),
        ),
        bind_as(
            routes_of.ALM_CONNECTOR,
            lambda caller, path, query, body: operations.alm.connector(
                caller, path["alm_connector"]
            ),
        ),
        bind_as(
            routes_of.ALM_CONNECTOR_PATCH,
            lambda caller, path, query, body: operations.alm.patch_connector(
                caller, path["alm_connector"], body
            ),
            before=before,
        ),
        bind(
            routes_of.ALM_CONNECTOR_DELETE,
            lambda path, query, body: operations.alm.delete_connector(path["alm_connector"]),
            before=before,
        ),
    ]


def _connections(operations: Operations) -> list[web.RouteDef]:
    def before(path: Path) -> Awaitable[AlmConnectionView]:
        return operations.alm.connection(_NOBODY, _connection(path), AlmConnectionOneQuery())

    return [
        bind_as(
            routes_of.ALM_CONNECTIONS,
            lambda caller, path, query, body: operations.alm.connections(caller, query),
        ),
        bind_as(
            routes_of.ALM_CONNECTION_CREATE,
            lambda caller, path, query, body: operations.alm.create_connection(caller, body),
        ),
        bind(
            routes_of.ALM_CONNECTION_TEST,
            lambda path, query, body: operations.alm.test_connection(body),
        ),
        bind_as(
            routes_of.ALM_CONNECTION,
            lambda caller, path, query, body: operations.alm.connection(
                caller, _connection(path), query
            ),
        ),
        bind_as(
            routes_of.ALM_CONNECTION_PATCH,
            lambda caller, path, query, body: operations.alm.patch_connection(
                caller, _connection(path), body
            ),
            before=before,
        ),
        bind_as(
            routes_of.ALM_CONNECTION_DELETE,
            lambda caller, path, query, body: operations.alm.delete_connection(
                caller, _connection(path)
            ),
            before=before,
        ),
    ]


def _rest(operations: Operations) -> list[web.RouteDef]:
    return [
        bind(routes_of.ALM_PLUGINS, lambda path, query, body: operations.alm.plugins(query)),
        bind(
            routes_of.ALM_PLUGIN,
            lambda path, query, body: operations.alm.plugin(path["alm_plugin"]),
        ),
        bind_as(
            routes_of.ALM_JOBS,
            lambda caller, path, query, body: operations.alm.jobs(caller, query),
        ),
        bind_as(
            routes_of.ALM_JOB,
            lambda caller, path, query, body: operations.alm.job(caller, path["alm_job"]),
        ),
        bind_as(
            routes_of.ALM_JOB_POST,
            lambda caller, path, query, body: operations.alm.post_job(
                caller, path["alm_project"], body
            ),
        ),
    ]


def _connection(path: Path) -> str:
    return path["alm_connection"]
