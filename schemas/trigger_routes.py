"""Routes about triggers."""

from typing import Any

from schemas.api import Page, PageQuery
from schemas.routing import Route, delete, listed, post, put, read
from schemas.triggers import TriggerPreview, TriggerSpec, TriggerView

TRIGGERS = listed(
    "triggers",
    "/connections/{connection}/triggers",
    "List a connection's triggers",
    PageQuery,
    Page[TriggerView],
)
TRIGGER = read(
    "trigger", "/connections/{connection}/triggers/{trigger}", "Show a trigger", TriggerView
)
TRIGGER_PUT = put(
    "trigger_put",
    "/connections/{connection}/triggers/{trigger}",
    "Keep a trigger under that name; its query is tried first",
    TriggerSpec,
    TriggerView,
    role="admin",
)
TRIGGER_REMOVE = delete(
    "trigger_remove",
    "/connections/{connection}/triggers/{trigger}",
    "Remove a trigger; what is under sync stays so",
    role="admin",
)
TRIGGER_PREVIEW = post(
    "trigger_preview",
    "/connections/{connection}/trigger-preview",
    "How many issues a trigger would match now, and which",
    TriggerSpec,
    TriggerPreview,
    role="operator",
    changes=False,
)

TRIGGER_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    TRIGGERS,
    TRIGGER,
    TRIGGER_PUT,
    TRIGGER_REMOVE,
    TRIGGER_PREVIEW,
)
