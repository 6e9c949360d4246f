"""Routes about the node as a whole: tokens, audit, bulk work, queue, and what trackers know."""

from types import NoneType
from typing import Any

from schemas.access import AuditEntry, AuditQuery, TokenCreate, TokenCreated, TokenView
from schemas.api import Page, PageQuery
from schemas.bulk import (
    TaskDetail,
    TaskQuery,
    TaskRowsQuery,
    TaskRowView,
    TaskStart,
    TaskView,
)
from schemas.connector_api import MetadataQuery, ProjectQuery
from schemas.metadata import Choice, Metadata
from schemas.news import NewsQuery
from schemas.node_api import QueueView
from schemas.routing import Route, act, delete, listed, post, read

TOKENS = listed("tokens", "/tokens", "List the tokens", PageQuery, Page[TokenView], role="admin")
TOKEN_CREATE = post(
    "token_create",
    "/tokens",
    "Make a token; it is shown this once",
    TokenCreate,
    TokenCreated,
    role="admin",
    status=201,
)
TOKEN = read("token", "/tokens/{token}", "Show a token, not its secret", TokenView, role="admin")
TOKEN_REVOKE = delete(
    "token_revoke", "/tokens/{token}", "Revoke a token; it is refused at once", role="admin"
)

AUDIT = listed(
    "audit",
    "/audit",
    "Who changed what, the newest first",
    AuditQuery,
    Page[AuditEntry],
    role="admin",
)

TASKS = listed(
    "tasks", "/tasks", "List bulk work, the newest first", TaskQuery, Page[TaskView], narrow=True
)
TASK_START = post(
    "task_start", "/tasks", "Begin bulk work", TaskStart, TaskView, role="operator", status=201
)
TASK = read("task", "/tasks/{task}", "How far it is, and what went wrong", TaskDetail)
TASK_ROWS = listed(
    "task_rows",
    "/tasks/{task}/rows",
    "What became of each row",
    TaskRowsQuery,
    Page[TaskRowView],
)
TASK_CANCEL = act(
    "task_cancel",
    "/tasks/{task}/cancel",
    "Cancel it; what was done stays done",
    TaskView,
    role="operator",
)
TASK_RESUME = act(
    "task_resume",
    "/tasks/{task}/resume",
    "Go on with it, after it was interrupted, cancelled or failed, or try what failed again",
    TaskView,
    role="operator",
)

QUEUE = read("queue", "/queue", "What waits, and since when", QueueView)

PROJECTS = listed(
    "projects",
    "/connectors/{connector}/projects",
    "The projects that a connector's account sees",
    ProjectQuery,
    Page[Choice],
)
METADATA = listed(
    "metadata",
    "/connectors/{connector}/metadata",
    "Types, fields and allowed values of a project, for mappings",
    MetadataQuery,
    Metadata,
)

EVENTS: Route[NewsQuery, None, None] = Route(
    name="events",
    method="GET",
    path="/events",
    summary="What is decided and how bulk work goes on, as server-sent events",
    role="viewer",
    query=NewsQuery,
    body=NoneType,
    answer=NoneType,
    narrow=True,
    streams=True,
)

NODE_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    TOKENS,
    TOKEN_CREATE,
    TOKEN,
    TOKEN_REVOKE,
    AUDIT,
    TASKS,
    TASK_START,
    TASK,
    TASK_ROWS,
    TASK_CANCEL,
    TASK_RESUME,
    QUEUE,
    PROJECTS,
    METADATA,
    EVENTS,
)
