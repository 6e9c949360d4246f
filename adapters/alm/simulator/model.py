"""What a simulated ALM holds."""

from pathlib import Path

import msgspec

Values = dict[str, list[str]]


class Audit(msgspec.Struct):
    id: int
    user: str
    at: int
    changes: list[tuple[str, str, str, str]]
    """Name, label, old value, new value."""


class Session(msgspec.Struct):
    user: str
    token: str
    """Of the header against cross-site requests."""
    cookie: str
    heard: int
    calls: int = 0


class Entity(msgspec.Struct):
    type: str
    id: int
    values: Values
    created: int
    modified: int
    version: int = 1
    audits: list[Audit] = []
    lock: str = ""
    """Who has it open."""
    checked_out_by: str = ""
    vc_version: int = 1


class Attachment(msgspec.Struct):
    id: int
    owner: tuple[str, int]
    name: str
    path: Path
    size: int
    modified: int
    description: str = ""


class Link(msgspec.Struct):
    id: int
    first: int
    second: int
    second_type: str
    owner: str
    created: int


class QcError(Exception):
    """A refusal as ALM words it; worded in the format that was asked for."""

    def __init__(self, status: int, kind: str, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.id = f"qccore.{kind}"
        self.title = title


def not_found(what: str) -> QcError:
    return QcError(404, "entity-not-found", f"{what} is not found.")
