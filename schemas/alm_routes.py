"""SD Elements' ALM API as routes. DELETE is ours: its own documentation has none."""

from types import NoneType
from typing import Any

from schemas.alm import (
    AlmConnectionCreate,
    AlmConnectionOneQuery,
    AlmConnectionPatch,
    AlmConnectionQuery,
    AlmConnectionTest,
    AlmConnectionView,
    AlmConnectorCreate,
    AlmConnectorPatch,
    AlmConnectorQuery,
    AlmConnectorTest,
    AlmConnectorView,
    AlmJobPost,
    AlmJobQuery,
    AlmJobView,
    AlmList,
    AlmListQuery,
    AlmPlugin,
    AlmSuccess,
)
from schemas.routing import Method, Route


def _editing(
    name: str, method: Method, path: str, summary: str, body: Any, answer: Any, status: int = 200,
    *, changes: bool = True, narrow: bool = False,
) -> Route[Any, Any, Any]:  # fmt: skip
    """For those who may edit ALM connections. Connectors are the whole node's."""
    return Route(
        name=name, method=method, path=path, summary=summary, role="viewer", query=NoneType,
        body=body, answer=answer, status=status, permission="edit_alm", changes=changes,
        narrow=narrow,
    )  # fmt: skip


def _seen(
    name: str, path: str, summary: str, query: Any, answer: Any, *, narrow: bool = False
) -> Route[Any, Any, Any]:  # fmt: skip
    return Route(
        name=name, method="GET", path=path, summary=summary, role="viewer", query=query,
        body=NoneType, answer=answer, narrow=narrow,
    )  # fmt: skip


ALM_CONNECTORS = _seen(
    "alm_connectors",
    "/connectors/alm",
    "List the ALM connectors",
    AlmConnectorQuery,
    AlmList[AlmConnectorView],
)
ALM_CONNECTOR = _seen(
    "alm_connector",
    "/connectors/alm/{alm_connector}",
    "Show an ALM connector",
    NoneType,
    AlmConnectorView,
)
ALM_CONNECTOR_CREATE = _editing(
    "alm_connector_create",
    "POST",
    "/connectors/alm",
    "Create an ALM connector",
    AlmConnectorCreate,
    AlmConnectorView,
    201,
)
ALM_CONNECTOR_PATCH = _editing(
    "alm_connector_patch",
    "PATCH",
    "/connectors/alm/{alm_connector}",
    "Change an ALM connector; params are put over the known ones",
    AlmConnectorPatch,
    AlmConnectorView,
)
ALM_CONNECTOR_DELETE = _editing(
    "alm_connector_delete",
    "DELETE",
    "/connectors/alm/{alm_connector}",
    "Delete an ALM connector that no connection uses (ours: SD Elements documents none)",
    NoneType,
    NoneType,
    204,
)
ALM_CONNECTOR_TEST = _editing(
    "alm_connector_test",
    "POST",
    "/connectors/testalm",
    "Test whether an ALM server can be reached and logged in to",
    AlmConnectorTest,
    AlmSuccess,
    changes=False,
)

ALM_CONNECTIONS = _seen(
    "alm_connections",
    "/connections/alm",
    "List the ALM connections",
    AlmConnectionQuery,
    AlmList[AlmConnectionView],
    narrow=True,
)
ALM_CONNECTION = _seen(
    "alm_connection",
    "/connections/alm/{alm_connection}",
    "Show an ALM connection",
    AlmConnectionOneQuery,
    AlmConnectionView,
    narrow=True,
)
ALM_CONNECTION_CREATE = _editing(
    "alm_connection_create",
    "POST",
    "/connections/alm",
    "Create an ALM connection",
    AlmConnectionCreate,
    AlmConnectionView,
    201,
)
ALM_CONNECTION_PATCH = _editing(
    "alm_connection_patch",
    "PATCH",
    "/connections/alm/{alm_connection}",
    "Change an ALM connection; params are put over the known ones",
    AlmConnectionPatch,
    AlmConnectionView,
    narrow=True,
)
ALM_CONNECTION_DELETE = _editing(
    "alm_connection_delete",
    "DELETE",
    "/connections/alm/{alm_connection}",
    "Delete an ALM connection; tasks and issues stay (ours: SD Elements documents none)",
    NoneType,
    NoneType,
    204,
    narrow=True,
)
ALM_CONNECTION_TEST = _editing(
    "alm_connection_test",
    "POST",
    "/connections/testalm",
    "Test server, project and settings of an ALM connection",
    AlmConnectionTest,
    AlmSuccess,
    changes=False,
)

ALM_PLUGINS = _seen(
    "alm_plugins",
    "/plugins/alm",
    "List the supported systems, with the params of each",
    AlmListQuery,
    AlmList[AlmPlugin],
)
ALM_PLUGIN = _seen(
    "alm_plugin", "/plugins/alm/{alm_plugin}", "Show a supported system", NoneType, AlmPlugin
)

ALM_JOBS = _seen(
    "alm_jobs",
    "/jobs/alm",
    "List jobs, the newest first",
    AlmJobQuery,
    AlmList[AlmJobView],
    narrow=True,
)
ALM_JOB = _seen("alm_job", "/jobs/alm/{alm_job}", "Show a job", NoneType, AlmJobView, narrow=True)
ALM_JOB_POST: Route[None, AlmJobPost, AlmJobView] = Route(
    name="alm_job_post",
    method="POST",
    path="/projects/{alm_project}/jobs/alm",
    summary="Start a job, or post the result of one that ran elsewhere",
    role="operator",
    query=NoneType,
    body=AlmJobPost,
    answer=AlmJobView,
    status=201,
    narrow=True,
)

ALM_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    ALM_CONNECTORS,
    ALM_CONNECTOR_CREATE,
    ALM_CONNECTOR_TEST,
    ALM_CONNECTOR,
    ALM_CONNECTOR_PATCH,
    ALM_CONNECTOR_DELETE,
    ALM_CONNECTIONS,
    ALM_CONNECTION_CREATE,
    ALM_CONNECTION_TEST,
    ALM_CONNECTION,
    ALM_CONNECTION_PATCH,
    ALM_CONNECTION_DELETE,
    ALM_PLUGINS,
    ALM_PLUGIN,
    ALM_JOBS,
    ALM_JOB,
    ALM_JOB_POST,
)
