"""Bodies and routes of the management API about snippets: functions and tables that rules share."""

import keyword
import re
from typing import Annotated, Any

import msgspec

from schemas.api import Page, PageQuery, Source, Text
from schemas.routing import Route, delete, listed, post, put, read
from schemas.rules import Diagnostic
from schemas.values import Millis

SNIPPET_NAME = r"^[a-z][a-z0-9_]{0,63}(?!\n)$"
_LARGEST = (1 << 63) - 1


def is_snippet_name(name: str) -> bool:
    """Rules import it, so Python decides."""
    return re.match(SNIPPET_NAME, name) is not None and not keyword.iskeyword(name)


class SnippetUse(msgspec.Struct, frozen=True):
    """A connection whose published rules use the snippet."""

    connection: str
    version: int
    """Of the snippet; an older one after a rollback of the rules."""


class SnippetView(msgspec.Struct, frozen=True):
    name: str
    """Rules write `from snippets.NAME import …`."""
    version: int
    source: str
    author: str = ""
    message: str = ""
    created: Millis = 0
    used_by: tuple[SnippetUse, ...] = ()


class SnippetVersionView(msgspec.Struct, frozen=True):
    version: int
    source: str
    author: str
    message: str
    created: Millis
    removed: bool
    """From this version on there was none."""


class SnippetPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: Source
    message: Text = ""


class SnippetRollback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]
    message: Text = ""


class SnippetSaved(msgspec.Struct, frozen=True):
    version: int | None
    """None: it was refused, see `findings`."""
    findings: tuple[Diagnostic, ...] = ()
    """In the snippet, or in rules that use it; these begin with the connection's name."""
    connections: tuple[str, ...] = ()
    """Whose rules use it, and have a new version now."""


SNIPPETS = listed(
    "snippets", "/snippets", "List the snippets that rules share", PageQuery, Page[SnippetView]
)
SNIPPET = read(
    "snippet", "/snippets/{snippet}", "Show a snippet, and which rules use it", SnippetView,
    edition="told",
)  # fmt: skip
SNIPPET_VERSIONS = listed(
    "snippet_versions",
    "/snippets/{snippet}/versions",
    "Every version of a snippet, the newest first",
    PageQuery,
    Page[SnippetVersionView],
)
SNIPPET_PUT = put(
    "snippet_put",
    "/snippets/{snippet}",
    "Save a snippet, for all rules that use it; 422 with the findings when it or one of them does"
    " not pass the check",
    SnippetPut,
    SnippetSaved,
    role="admin",
    edition="needed",
)
SNIPPET_ROLLBACK = post(
    "snippet_rollback",
    "/snippets/{snippet}/rollback",
    "Save an earlier version of a snippet again, as a new one",
    SnippetRollback,
    SnippetSaved,
    role="admin",
)
SNIPPET_REMOVE = delete(
    "snippet_remove", "/snippets/{snippet}", "Remove a snippet that nothing uses", role="admin"
)

SNIPPET_ROUTES: tuple[Route[Any, Any, Any], ...] = (
    SNIPPETS,
    SNIPPET,
    SNIPPET_VERSIONS,
    SNIPPET_PUT,
    SNIPPET_ROLLBACK,
    SNIPPET_REMOVE,
)
