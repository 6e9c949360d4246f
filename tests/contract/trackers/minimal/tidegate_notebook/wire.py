"""The notebook's JSON."""

import msgspec


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str


class Remark(msgspec.Struct, frozen=True):
    id: str
    text: str
    author: Person
    created: int
    updated: int
    marker: str = ""


class Note(msgspec.Struct, frozen=True):
    id: str
    rev: int
    updated: int
    project: str
    title: str
    text: str
    """Markdown."""
    state: str
    owner: Person | None = None
    tags: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    marker: str = ""


class Change(msgspec.Struct, frozen=True):
    note: str
    project: str


class Changes(msgspec.Struct, frozen=True):
    changes: tuple[Change, ...]
    newest: int
    """Where the next look begins."""
    more: bool


class Refused(msgspec.Struct, frozen=True):
    message: str = ""
    field: str = ""


class Project(msgspec.Struct, frozen=True):
    id: str
    name: str


STATES = ("open", "done")

note = msgspec.json.Decoder(Note)
notes = msgspec.json.Decoder(tuple[Note, ...])
remark = msgspec.json.Decoder(Remark)
changes = msgspec.json.Decoder(Changes)
people = msgspec.json.Decoder(tuple[Person, ...])
person = msgspec.json.Decoder(Person)
project = msgspec.json.Decoder(Project)
projects = msgspec.json.Decoder(tuple[Project, ...])
refused = msgspec.json.Decoder(Refused)
nothing = msgspec.json.Decoder(msgspec.Raw)
