"""What a rule file can use. Nothing needs to be imported."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, TypeVar, overload

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
    changed: bool
    """The receiving side holds an earlier wording; False: the comment is new there."""

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
    previous: dict[str, Any]
    """Fields as they were when this rule's side last agreed: outgoing, what was sent last;
    incoming, the replica that was taken in last. Without formatted and very long texts; empty at
    the first sync."""

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
    resolution: str | None
    components: list[str]
    fix_versions: list[str]
    affected_versions: list[str]
    milestone: str | None
    area: str | None
    iteration: str | None
    """As `area`, a path, its parts joined by " / "."""
    due: str | None
    """A date, such as 2026-01-31."""
    estimate: int | None
    remaining: int | None
    spent: int | None
    """As `estimate` and `remaining`, in seconds."""
    parent: str | None
    """Such as "twin:…": the parent, where it is under sync."""
    links: list[str]
    """Such as "blocks twin:…", to issues under sync; a twin is the same on both sides."""
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
    removed_comments: list[str]
    """Ids of comments that a person of the other side deleted, and not yet dealt with here."""
    removed_attachments: list[str]
    """Ids of attachments, likewise."""
    summary: str
    description: RichText | None
    status: str | None
    priority: str | None
    type: str | None
    labels: list[str]
    assignee: User | None
    reporter: User | None
    resolution: str | None
    components: list[str]
    fix_versions: list[str]
    affected_versions: list[str]
    milestone: str | None
    area: str | None
    iteration: str | None
    due: str | None
    estimate: int | None
    remaining: int | None
    spent: int | None
    parent: str | None
    links: list[str]
    fields: dict[str, Any]
    comments: list[Comment]
    """The new and the changed ones."""
    attachments: list[Attachment]
    stop_syncing: bool
    """This is the last that the other side hears of the issue."""
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
        resolution: str | _Clear | None = ...,
        components: Iterable[str] | _Clear = ...,
        fix_versions: Iterable[str] | _Clear = ...,
        affected_versions: Iterable[str] | _Clear = ...,
        milestone: str | _Clear | None = ...,
        area: str | _Clear | None = ...,
        iteration: str | _Clear | None = ...,
        due: str | _Clear | None = ...,
        estimate: int | _Clear | None = ...,
        remaining: int | _Clear | None = ...,
        spent: int | _Clear | None = ...,
        parent: str | _Clear | None = ...,
        links: Iterable[str] | _Clear = ...,
        comments: Iterable[Comment] = ...,
        attachments: Iterable[Attachment] = ...,
        fields: dict[str, _Value] | dict[str, Any] = ...,
        stop_syncing: bool = ...,
    ) -> None: ...

class Wanted:
    """How the local issue should be. What you leave out stays as it is."""

    project: str
    fields: dict[str, Any]
    stop_syncing: bool
    """Once this was written, the issue is no longer under sync here."""
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
        resolution: str | _Clear | None = ...,
        components: Iterable[str] | _Clear = ...,
        fix_versions: Iterable[str] | _Clear = ...,
        affected_versions: Iterable[str] | _Clear = ...,
        milestone: str | _Clear | None = ...,
        area: str | _Clear | None = ...,
        iteration: str | _Clear | None = ...,
        due: str | _Clear | None = ...,
        estimate: int | _Clear | None = ...,
        remaining: int | _Clear | None = ...,
        spent: int | _Clear | None = ...,
        parent: str | _Clear | None = ...,
        links: Iterable[str] | _Clear = ...,
        comments: Iterable[Comment] = ...,
        attachments: Iterable[Attachment] = ...,
        fields: dict[str, _Value] | dict[str, Any] = ...,
        stop_syncing: bool = ...,
    ) -> None: ...

@overload
def map_value(table: dict[str, str], value: str | None) -> str | None:
    """The counterpart of a value; without one, the default, or else the value itself."""

@overload
def map_value(table: dict[str, str], value: str | None, default: _D) -> str | _D: ...
@overload
def mapped(field: str, value: str) -> str:
    """The counterpart by the connection's own mapping table of that field. A value without a line
    parks the issue, is kept, replaced or left out, as the table says. Of people, `mapped("users",
    person)` gives who by the connection's table stands here for a person; somebody without a line
    parks nothing: they come back as they are, and are looked up here."""

@overload
def mapped(field: str, value: None) -> None: ...
@overload
def mapped(field: str, value: list[str]) -> list[str]: ...
@overload
def mapped(field: str, value: str | None) -> str | None: ...
@overload
def mapped(field: Literal["users"], value: User) -> User: ...
@overload
def must_map(field: str, table: dict[str, str], value: str) -> str:
    """Like `map_value`, but a value without a counterpart parks the issue and names it. A mapping
    table of the connection for that field is looked at first."""

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

def with_body(comment: Comment, body: RichText | str) -> Comment:
    """The comment with other words."""

def as_internal(comment: Comment) -> Comment:
    """The comment, to be seen by this side's team alone where the tracker can hide it."""

def reported(replica: Replica) -> RichText | str | None:
    """The description with a first line that names who reported the issue."""

def unreported(value: RichText | None) -> RichText | None:
    """The description without that line."""

@overload
def map_user(table: dict[str, str], user: None, default: Any = ...) -> None: ...
@overload
def map_user(
    table: dict[str, str], user: User | None, default: User | str | None = ...
) -> User | None:
    """Who stands here for a person of the other side: by the e-mail or the name there, an e-mail, a
    name or an id here; without one, the default, or else the person, who is looked up here."""

def only_mapped(table: dict[str, str], value: str | None) -> Any:
    """The counterpart; without one the field stays as it is."""

def cut(value: str, length: int, end: str = ...) -> str:
    """At most so many letters; what is cut off shows as `end`."""

def as_label(value: str) -> str:
    """The words joined by "_", for trackers whose labels have no spaces."""

@overload
def prefixed(table: dict[str, str], value: str | None) -> Any:
    """The counterpart of the longest beginning of the value that the table has, as for paths of
    areas; without one the default, or else the field stays as it is."""

@overload
def prefixed(table: dict[str, str], value: str | None, default: _D) -> str | _D | None: ...
def local_key_of(remote_key: str | None) -> str | None:
    """The key here of another issue under sync, by its key on the other side; None: there is none.
    The rule is run again with the answer."""

def remote_key_of(local_key: str | None) -> str | None:
    """The same the other way round."""

def moment(milliseconds: int) -> datetime:
    """A moment in UTC."""
