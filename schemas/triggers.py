"""Triggers over the management API: which local issues come under sync by themselves."""

from typing import Annotated

import msgspec

from schemas.values import Millis

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Words = Annotated[tuple[Word, ...], msgspec.Meta(max_length=200)]


class FieldCondition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A set fits when one of its elements does; a person by name or e-mail."""

    field: Word
    any_of: Words = ()
    none_of: Words = ()
    filled: bool | None = None
    """True: it has a value; False: it has none."""


class TriggerSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All conditions must hold. A query is the tracker's own, such as JQL, without an order."""

    project: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """'' takes the connection's project."""
    types: Words = ()
    labels: Words = ()
    fields: Annotated[tuple[FieldCondition, ...], msgspec.Meta(max_length=50)] = ()
    query: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    notes: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    active: bool = True


class TriggerView(msgspec.Struct, frozen=True):
    connection: str
    name: str
    spec: TriggerSpec
    created: Millis


class PreviewIssue(msgspec.Struct, frozen=True):
    key: str
    url: str
    under_sync: bool


class TriggerPreview(msgspec.Struct, frozen=True):
    count: int
    """To be given back where acting needs a confirmation."""
    complete: bool
    """False when there may be more than were looked at."""
    fresh: int
    """Of these, not yet under sync."""
    confirm: bool
    """Acting on so many needs the number as a confirmation."""
    issues: tuple[PreviewIssue, ...]
    """The first ones."""
