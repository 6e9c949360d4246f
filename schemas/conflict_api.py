"""Bodies of conflicts under /api/v2."""

from typing import Any, Literal

import msgspec

from schemas.api import Filter, LongQuery
from schemas.values import Millis


class ConflictView(msgspec.Struct, frozen=True):
    field: str
    winner: str
    decided_by: str
    kept: Any
    lost: Any
    at: Millis


class ConflictQuery(LongQuery, frozen=True, forbid_unknown_fields=True):
    connection: Filter = ""
    twin: Filter = ""


class ConflictShown(msgspec.Struct, frozen=True):
    """A field that both sides had changed, and how it was decided."""

    id: int
    connection: str
    twin: str
    issue: str
    field: str
    winner: Literal["local", "remote"]
    side: str
    """Short name of the side whose value stood."""
    decided_by: str
    """The policy, or `person`."""
    kept: Any
    lost: Any
    """null where the other side keeps it: it is restored there."""
    at: Millis
    local_at: Millis
    remote_at: Millis
    restored: Millis | None
