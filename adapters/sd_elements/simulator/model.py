"""What a simulated SD Elements holds."""

from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True):
    email: str
    first_name: str
    last_name: str


class Status(msgspec.Struct, frozen=True):
    id: str
    name: str
    slug: str
    meaning: str


class Phase(msgspec.Struct, frozen=True):
    id: str
    name: str
    slug: str
    ordinal: int


class Note(msgspec.Struct):
    id: str
    text: str
    automatic: bool
    updater: User
    created: int
    updated: int


class Reference(msgspec.Struct):
    id: str
    alm_connection: int
    reference: str
    name: str = ""
    link: str = ""


class AlmConnection(msgspec.Struct):
    id: str
    alias: str
    project: str
    system: str
    params: dict[str, Any]
    inaccessible: bool = True


class AlmJob(msgspec.Struct):
    id: str
    connection: str
    ready: bool = False
    succeeded: bool = False
    result_message: str = ""
    last_run: int = 0


class Task(msgspec.Struct):
    id: str
    """With the project in front: `1-T2`."""
    project: str
    short: str
    title: str
    text: str
    priority: int
    phase: Phase
    status: Status
    updater: User
    updated: int
    """Milliseconds."""
    accepted: bool = True
    relevant: bool = True
    verification_status: str | None = None
    artifact_proxy: str = ""
    assigned_to: list[str] = []
    tags: list[str] = []
    notes: list[Note] = []
    references: list[Reference] = []
    how_tos: list[tuple[str, str]] = []
    """Title and text."""

    @property
    def own(self) -> bool:
        """Made in the project, and not taken from the library."""
        return self.short.startswith("PT")
