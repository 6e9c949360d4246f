"""Conflicts: both values of a field that changed on both sides, kept for people to look at."""

from typing import Literal

import msgspec
import sqlalchemy as sa

from schemas.values import Millis, Value
from service.store.newest_first import newest_first
from service.store.tables import conflicts

_t = conflicts.c


class Conflict(msgspec.Struct, frozen=True):
    connection: str
    twin: str
    field: str
    kept: Value
    lost: Value
    decided_by: str
    """The policy (`newest` or the winning side's short name), or `person`."""
    winner: Literal["local", "remote"]
    at: Millis


class ConflictRow(msgspec.Struct, frozen=True):
    id: int
    conflict: Conflict


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Conflict).decode


def add(c: sa.Connection, conflict: Conflict) -> None:
    c.execute(
        sa.insert(conflicts).values(
            connection=conflict.connection,
            twin=conflict.twin,
            at=conflict.at,
            body=_encode(conflict),
        )
    )


def page(
    c: sa.Connection,
    *,
    connection: str | None = None,
    twin: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[ConflictRow]:
    """Newest first; `after` is the last id of the page before."""
    rows = newest_first(c, conflicts, connection=connection, twin=twin, after=after, limit=limit)
    return [ConflictRow(number, _decode(body)) for number, body in rows]
