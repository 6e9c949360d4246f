"""What a simulated Jira holds."""

from pathlib import Path
from typing import Any

import msgspec

from adapters import simulation


class Refused(simulation.Refused):
    """An answer in Jira's shape of an error."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.messages = messages
        self.errors = errors or {}
        body = {"errorMessages": list(messages), "errors": self.errors}
        super().__init__(status, body, headers)


class User(msgspec.Struct, frozen=True):
    name: str
    display_name: str
    email: str


class Project(msgspec.Struct):
    id: str
    key: str
    name: str
    type_key: str = "software"
    next_number: int = 1


class Comment(msgspec.Struct):
    id: str
    body: str
    author: User
    created: int
    updated: int
    properties: dict[str, Any] = {}
    visibility: dict[str, str] | None = None


class Attachment(msgspec.Struct):
    id: str
    filename: str
    mime: str
    size: int
    path: Path
    author: User
    created: int


class Worklog(msgspec.Struct):
    id: str
    seconds: int
    started: int
    author: User
    created: int
    updated: int
    comment: str = ""
    properties: dict[str, Any] = {}


class Link(msgspec.Struct, frozen=True):
    """The source says the outward words of the type: it "blocks" the target."""

    id: str
    type: str
    """Its id."""
    source: str
    target: str


class Change(msgspec.Struct, frozen=True):
    """One line of the changelog."""

    field: str
    before: str | None
    after: str | None
    kind: str = "jira"


class Edit(msgspec.Struct, frozen=True):
    at: int
    actor: User
    changes: tuple[Change, ...]


class Issue(msgspec.Struct):
    id: str
    key: str
    project: Project
    type: str
    summary: str
    creator: User
    reporter: User
    created: int
    updated: int
    description: str | None = None
    status: str = "To Do"
    resolution: str | None = None
    priority: str = "Medium"
    assignee: User | None = None
    labels: list[str] = []
    components: list[str] = []
    fix_versions: list[str] = []
    versions: list[str] = []
    environment: str | None = None
    estimate: int | None = None
    remaining: int | None = None
    due: str | None = None
    parent: str | None = None
    """The id of a sub-task's parent."""
    rank: str = "0|i00000:"
    custom: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    comments: list[Comment] = []
    attachments: list[Attachment] = []
    worklogs: list[Worklog] = []
    links: dict[str, dict[str, Any]] = {}
    """Remote links by their global id."""
    history: list[Edit] = []
    touched: list[int] = []
    """Every moment at which it was changed."""
