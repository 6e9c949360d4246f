"""What a rule file can use. Nothing needs to be imported."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar, overload

_D = TypeVar("_D")

class RichText:
    """Formatted text. Pass it on as it is and nothing is lost; `text(x)` gives the bare words."""

    def prepend(self, line: str) -> RichText:
        """The same text with one more paragraph of plain words before it."""
    def append(self, line: str) -> RichText: ...

class User:
    name: str
    email: str
    id: str
    """The tracker's own id; only meaningful on its side."""
    def __init__(self, name: str = "", email: str = "", id: str = "") -> None: ...

class Comment:
    """Change `body` or `internal` as you like; a `str` body is read as Markdown."""

    id: str
    body: RichText | str
    author: User
    created: int
    """Milliseconds since 1970; see `moment`."""
    internal: bool
    work: Work | None
    """Time spent, where the comment is a record of it."""

class Work:
    seconds: int
    started: int
    """Milliseconds since 1970; see `moment`."""
    def __init__(self, seconds: int, started: int) -> None: ...

class Attachment:
    id: str
    filename: str
    size: int
    mime: str

class _Clear: ...

CLEAR: _Clear
"""Empties a field, also one that the other side does not have."""

_Value = None | bool | int | float | str | list[str] | RichText | User | _Clear

class Context:
    connection: str
    local_side: str
    remote_side: str
    first_sync: bool
    local_key: str
    local_url: str
    remote_key: str
    remote_url: str
    project: str
    """Where incoming issues are made."""
    now: int
    """Milliseconds since 1970; see `moment`."""
    mirror: bool
    """This side's issue was made, or is about to be, for the other side's."""

class Issue:
    """The issue in this side's tracker. A field that it does not have is None (labels: empty)."""

    key: str
    url: str
    project: str
    summary: str
    description: RichText | None
    status: str | None
    priority: str | None
    type: str | None
    labels: list[str]
    assignee: User | None
    reporter: User | None
    fields: dict[str, Any]
    """Every field by its name, custom ones too."""
    comments: list[Comment]
    """The new and the changed ones."""
    attachments: list[Attachment]

class Replica:
    """What crosses to the other side. Name what may travel; what you leave out stays at home."""

    key: str
    url: str
    gone: bool
    """The other side's issue was deleted."""
    summary: str
    description: RichText | None
    status: str | None
    priority: str | None
    type: str | None
    labels: list[str]
    assignee: User | None
    reporter: User | None
    fields: dict[str, Any]
    comments: list[Comment]
    """The new and the changed ones."""
    attachments: list[Attachment]
    def __init__(
        self,
        *,
        summary: str = ...,
        description: RichText | str | _Clear | None = ...,
        status: str | _Clear | None = ...,
        priority: str | _Clear | None = ...,
        type: str | None = ...,
        labels: Iterable[str] | _Clear = ...,
        assignee: User | _Clear | None = ...,
        reporter: User | _Clear | None = ...,
        comments: Iterable[Comment] = ...,
        attachments: Iterable[Attachment] = ...,
        fields: dict[str, _Value] | dict[str, Any] = ...,
    ) -> None: ...

class Wanted:
    """How the local issue should be. What you leave out stays as it is."""

    project: str
    fields: dict[str, Any]
    def __init__(
        self,
        *,
        project: str = ...,
        type: str | None = ...,
        summary: str = ...,
        description: RichText | str | _Clear | None = ...,
        status: str | _Clear | None = ...,
        priority: str | _Clear | None = ...,
        labels: Iterable[str] | _Clear = ...,
        assignee: User | _Clear | None = ...,
        reporter: User | _Clear | None = ...,
        comments: Iterable[Comment] = ...,
        attachments: Iterable[Attachment] = ...,
        fields: dict[str, _Value] | dict[str, Any] = ...,
    ) -> None: ...

@overload
def map_value(table: dict[str, str], value: str | None) -> str | None:
    """The counterpart of a value; without one, the default, or else the value itself."""

@overload
def map_value(table: dict[str, str], value: str | None, default: _D) -> str | _D: ...
@overload
def must_map(field: str, table: dict[str, str], value: str) -> str:
    """Like `map_value`, but a value without a counterpart parks the issue and names it."""

@overload
def must_map(field: str, table: dict[str, str], value: None) -> None: ...
@overload
def must_map(field: str, table: dict[str, str], value: str | None) -> str | None: ...
def stop(message: str) -> Any:
    """Parks this issue with a message for a person."""

def text(value: RichText | str | None) -> str:
    """The bare words."""

def markdown(value: RichText | str | None) -> str:
    """The text as Markdown; return the changed string and it becomes formatted text again."""

def with_author(comment: Comment) -> Comment:
    """The comment with a first line that names who wrote it."""

def moment(milliseconds: int) -> datetime:
    """A moment in UTC."""
