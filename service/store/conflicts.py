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
    local_at: Millis = 0
    """When people here and there had edited the field; 0 where nobody knows."""
    remote_at: Millis = 0
    told: bool = False
    """The other side decided, and keeps what is None here."""
    restored: Millis = 0
    """When a person put the losing value back."""


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


def is_known(c: sa.Connection, conflict: Conflict) -> bool:
    """Both sides may have noticed the same one, and each is told of it by the other."""
    return any(
        _about(row.conflict) == _about(conflict)
        for row in page(c, connection=conflict.connection, twin=conflict.twin)
    )


def _about(conflict: Conflict) -> tuple[str, str, Millis, Millis]:
    return conflict.field, conflict.winner, conflict.local_at, conflict.remote_at


def get(c: sa.Connection, connection: str, number: int) -> Conflict | None:
    statement = sa.select(_t.body).where(_t.connection == connection, _t.id == number)
    body = c.execute(statement).scalar()
    return None if body is None else _decode(body)


def note_restored(c: sa.Connection, number: int, conflict: Conflict, now: Millis) -> None:
    body = _encode(msgspec.structs.replace(conflict, restored=now))
    c.execute(sa.update(conflicts).where(_t.id == number).values(body=body))


def count(c: sa.Connection, *, connection: str | None = None, twin: str | None = None) -> int:
    statement = sa.select(sa.func.count()).select_from(conflicts)
    if connection is not None:
        statement = statement.where(_t.connection == connection)
    if twin is not None:
        statement = statement.where(_t.twin == twin)
    return c.execute(statement).scalar_one()


def page(
    c: sa.Connection,
    *,
    connection: str | None = None,
    twin: str | None = None,
    after: int | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[ConflictRow]:
    """Newest first; `after` is the last id of the page before."""
    rows = newest_first(
        c, conflicts, connection=connection, twin=twin, after=after, offset=offset, limit=limit
    )
    return [ConflictRow(number, _decode(body)) for number, body in rows]
