"""Mapping without code: the tables of a connection, and which way each of its fields goes."""

from typing import Annotated, Literal

import msgspec

from schemas.metadata import Choice

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Unmapped = Literal["park", "keep", "default", "skip"]
"""What becomes of a value without a line: the twin waits for a person, the value is kept as it is,
the table's default is taken, or the field here is left alone."""
Way = Literal["both", "out", "in", "none"]


class MappedValue(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A value of the other side, and what it is here. Where ids are known they count, and the names
    are as they were when the line was saved."""

    there: Word
    here: Word
    there_id: Annotated[str, msgspec.Meta(max_length=255)] = ""
    here_id: Annotated[str, msgspec.Meta(max_length=255)] = ""


class MappingTable(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Of one field."""

    values: Annotated[tuple[MappedValue, ...], msgspec.Meta(max_length=2_000)] = ()
    unmapped: Unmapped = "park"
    default: Annotated[str, msgspec.Meta(max_length=255)] = ""
    skipped: Annotated[tuple[Word, ...], msgspec.Meta(max_length=2_000)] = ()
    """Values of the other side that leave the field here alone."""


class FieldFlow(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which way one field goes, and of which issues."""

    way: Way = "both"
    only: dict[str, tuple[str, ...]] = {}
    """Field -> values: it goes only while the issue that it comes from has one of these values in
    each of these fields."""


Tables = Annotated[dict[Word, MappingTable], msgspec.Meta(max_length=100)]
Flows = Annotated[dict[Word, FieldFlow], msgspec.Meta(max_length=200)]


# Bodies of the management API


class MappingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tables: Tables = {}
    flow: Flows = {}
    """In visual mode only."""
    users: dict[str, str] = {}
    """Who is who: e-mail or name there -> e-mail, name or id here."""
    default_user: str = ""


class UnmappedValue(msgspec.Struct, frozen=True):
    """A value for which issues wait, and what it may be here."""

    field: str
    value: str
    waiting: int
    """Issues that wait for it."""
    suggestions: tuple[str, ...]
    """Names here, the likeliest first."""
    allowed: tuple[Choice, ...]
    """What the tracker here allows; empty where it does not tell."""


class MappingView(msgspec.Struct, frozen=True):
    tables: Tables
    flow: Flows
    users: dict[str, str]
    default_user: str
    unmapped: tuple[UnmappedValue, ...]
    freed: int = 0
    """Issues that waited for what was just saved, and go on."""


class MappingSolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a value of the other side is here, from now on."""

    field: Word
    value: Word
    answer: Literal["map", "default", "skip"] = "map"
    """`default`: the table's default, or `here` as the new default. `skip`: the field here is left
    alone."""
    here: Annotated[str, msgspec.Meta(max_length=255)] = ""


class MappingSuggestions(msgspec.Struct, frozen=True):
    """Lines for the values that both trackers bring along or tell, of fields without a table."""

    tables: Tables
