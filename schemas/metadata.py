"""What a tracker's project knows: its types, fields and allowed values, for mapping and checks."""

from typing import Literal

import msgspec

FieldKind = Literal[
    "text",
    "rich_text",
    "number",
    "boolean",
    "date",
    "datetime",
    "duration",
    "url",
    "option",
    "options",
    "cascading",
    "user",
    "users",
    "labels",
    "issue",
    "links",
    "path",
]
"""`options`, `labels` and `links` are sets; `cascading` and `path` are one path, its parts joined
by " / "; `duration` is in seconds."""


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """An allowed value. Mappings keep the id, so that a rename does not break them."""

    name: str
    id: str = ""


class FieldInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    """As it stands in `Issue.fields`."""
    label: str
    """As people see it."""
    kind: FieldKind
    required: bool = False
    writable: bool = True
    choices: tuple[Choice, ...] = ()
    """Empty when anything of the kind is allowed."""


class TypeInfo(msgspec.Struct, frozen=True):
    """An issue type of one project."""

    type: Choice
    fields: tuple[FieldInfo, ...]
    statuses: tuple[Choice, ...] = ()


class Metadata(msgspec.Struct, frozen=True):
    project: str
    types: tuple[TypeInfo, ...]
    link_kinds: tuple[str, ...] = ()
