"""SD Elements' answers, as far as we read them. Source: its REST API v2 reference."""

from typing import Literal

import msgspec

Meaning = Literal["TODO", "DONE", "NA"]


class Status(msgspec.Struct, frozen=True):
    id: str
    name: str
    slug: str = ""
    meaning: Meaning = "TODO"


class Phase(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    slug: str = ""


class Reference(msgspec.Struct, frozen=True):
    id: int | str
    reference: str = ""
    """What the other tracker calls its issue."""
    name: str = ""
    link: str = ""

    @property
    def shown(self) -> str:
        """The address of the issue, or what it is called where SD Elements knows none."""
        return self.link or self.reference


class Task(msgspec.Struct, frozen=True):
    id: str
    """With the project in front: `1-T2`."""
    task_id: str = ""
    url: str = ""
    title: str = ""
    text: str = ""
    priority: int | str = 0
    phase: str | Phase = ""
    """An id; older servers tell the name. An object where it was expanded."""
    status: str | Status = ""
    assigned_to: tuple[str, ...] | str | None = ()
    updated: str = ""
    updater: str | dict[str, object] | None = None
    verification_status: str | None = None
    note_count: int = 0
    artifact_proxy: str | None = None
    accepted: bool = True
    relevant: bool = True
    tags: tuple[str, ...] | None = None
    references: tuple[Reference, ...] | None = None


class TaskPage(msgspec.Struct, frozen=True):
    results: tuple[Task, ...]
    next: str | None = None
    count: int | None = None


class Person(msgspec.Struct, frozen=True):
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    id: int | str = ""


class Note(msgspec.Struct, frozen=True):
    id: str | int
    text: str = ""
    automatic: bool = False
    updater: Person | str | None = None
    created: str = ""
    updated: str = ""


class NotePage(msgspec.Struct, frozen=True):
    results: tuple[Note, ...]
    next: str | None = None


class Statuses(msgspec.Struct, frozen=True):
    results: tuple[Status, ...]


class Phases(msgspec.Struct, frozen=True):
    results: tuple[Phase, ...]


class Project(msgspec.Struct, frozen=True):
    id: int | str
    name: str = ""
    slug: str = ""
    archived: bool = False


class ProjectPage(msgspec.Struct, frozen=True):
    results: tuple[Project, ...]
    next: str | None = None


class User(msgspec.Struct, frozen=True):
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    id: int | str = ""


class UserPage(msgspec.Struct, frozen=True):
    results: tuple[User, ...]
    next: str | None = None


class Refusal(msgspec.Struct, frozen=True):
    """Clients look at these three, in this order."""

    detail: str = ""
    error: str = ""
    message: str = ""


status_list = msgspec.json.Decoder(Statuses)
phase_list = msgspec.json.Decoder(Phases)
task = msgspec.json.Decoder(Task)
task_page = msgspec.json.Decoder(TaskPage)
note = msgspec.json.Decoder(Note)
note_page = msgspec.json.Decoder(NotePage)
project = msgspec.json.Decoder(Project)
project_page = msgspec.json.Decoder(ProjectPage)
user_page = msgspec.json.Decoder(UserPage)
