"""What a simulated Redmine holds."""

from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from adapters import simulation


class Refused(simulation.Refused):
    """An answer that is no good one. Redmine's refusals other than 422 have no body."""

    def __init__(self, status: int, *errors: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, {"errors": list(errors)}, headers)
        self.errors = errors

    def answer(self) -> web.Response:
        answer = super().answer()
        if self.status != 422:
            answer.body = b""
        return answer


class User(msgspec.Struct, frozen=True):
    id: int
    login: str
    firstname: str
    lastname: str
    token: str = ""
    admin: bool = False
    role: str = "Manager"

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}"

    @property
    def mail(self) -> str:
        return f"{self.login}@example.com"


ANONYMOUS = User(4, "", "", "Anonymous", role="Anonymous")


class Project(msgspec.Struct):
    id: int
    identifier: str
    name: str
    public: bool = False
    categories: dict[str, int] = {}
    versions: dict[str, int] = {}


class Journal(msgspec.Struct):
    id: int
    user: User
    notes: str
    created: int
    private: bool = False
    details: list[tuple[str, str, str | None, str | None]] = []
    """Property, name, before, after."""


class Attachment(msgspec.Struct):
    id: int
    filename: str
    mime: str
    size: int
    path: Path
    author: User
    created: int
    token: str
    issue: int | None = None
    description: str = ""


class Relation(msgspec.Struct, frozen=True):
    id: int
    origin: int
    to: int
    kind: str


class TimeEntry(msgspec.Struct):
    id: int
    issue: int
    user: User
    activity: int
    hours: float
    comments: str
    spent_on: str
    created: int
    updated: int


class Issue(msgspec.Struct):
    id: int
    project: Project
    author: User
    created: int
    updated: int
    tracker: int = 1
    status: int = 1
    priority: int = 2
    subject: str = ""
    description: str | None = None
    assignee: int | None = None
    category: int | None = None
    version: int | None = None
    parent: int | None = None
    start: str | None = None
    due: str | None = None
    done: int = 0
    private: bool = False
    estimated: float | None = None
    custom: dict[int, Any] = {}
    journals: list[Journal] = []
