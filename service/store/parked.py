"""Parked twins: they wait for a person and stop nobody else."""

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from schemas.node import ParkedTwin
from schemas.values import Millis
from service.store.errors import LeaseLost
from service.store.prepared import Prepared
from service.store.tables import parked, twins
from service.store.twin_records import Claim, TwinKey

_t = parked.c
_w = twins.c
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ParkedTwin).decode

_PUT = Prepared(
    sa.text(
        "INSERT INTO parked (connection, twin, since, body)"
        " VALUES (:connection, :twin, :since, :body)"
        " ON CONFLICT (connection, twin) DO UPDATE SET since = excluded.since, body = excluded.body"
    )
)


def park(c: sa.Connection, entry: ParkedTwin, claim: Claim | None = None) -> bool:
    """With a claim: fenced, and the lease is given back; raises `LeaseLost`. Without: a holder
    keeps its lease. False: no such twin.
    """
    where = [_w.connection == entry.connection, _w.twin == entry.twin]
    marked = sa.update(twins).values(parked=True, due_at=None, attempts=entry.attempts, dirty=False)
    if claim is not None:
        where += [_w.lease_owner == claim.owner, _w.fence == claim.fence]
        marked = marked.values(lease_owner=None, lease_until=0)
    if not c.execute(marked.where(*where)).rowcount:
        if claim is not None:
            raise LeaseLost(claim.twin)
        return False
    _PUT.count(
        c,
        connection=entry.connection,
        twin=entry.twin,
        since=entry.since,
        body=_encode(entry),
    )
    return True


def get(c: sa.Connection, connection: str, twin: str) -> ParkedTwin | None:
    statement = sa.select(_t.body).where(_t.connection == connection, _t.twin == twin)
    body = c.execute(statement).scalar()
    return None if body is None else _decode(body)


def page(
    c: sa.Connection,
    *,
    connection: str | None = None,
    after: TwinKey | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[ParkedTwin]:
    """In the order of connection and twin; `after` is the last key of the page before."""
    statement = sa.select(_t.body).order_by(_t.connection, _t.twin).offset(offset).limit(limit)
    if connection is not None:
        statement = statement.where(_t.connection == connection)
    if after is not None:
        last = sa.tuple_(sa.literal(after.connection), sa.literal(after.twin))
        statement = statement.where(sa.tuple_(_t.connection, _t.twin) > last)
    return [_decode(body) for body in c.execute(statement).scalars()]


def total(c: sa.Connection, connection: str | None = None) -> int:
    statement = sa.select(sa.func.count()).select_from(parked)
    if connection is not None:
        statement = statement.where(_t.connection == connection)
    return c.execute(statement).scalar_one()


def ignore(c: sa.Connection, connection: str, twin: str) -> bool:
    """Waits for nobody any more, and rests until something changes. False: it is not parked."""
    gone = sa.delete(parked).where(_t.connection == connection, _t.twin == twin)
    if not c.execute(gone).rowcount:
        return False
    this = sa.and_(_w.connection == connection, _w.twin == twin)
    c.execute(sa.update(twins).where(this).values(parked=False, attempts=0))
    return True


def count(c: sa.Connection, only: Collection[str] | None = None) -> dict[str, int]:
    """By connection; connections without parked twins are left out."""
    statement = sa.select(_t.connection, sa.func.count()).group_by(_t.connection)
    if only is not None:
        statement = statement.where(_t.connection.in_(only))
    return {row[0]: row[1] for row in c.execute(statement)}


def unpark(c: sa.Connection, connection: str, twin: str, now: Millis) -> bool:
    """Makes it due at once with its attempts forgotten. False: it is not parked."""
    gone = sa.delete(parked).where(_t.connection == connection, _t.twin == twin)
    if not c.execute(gone).rowcount:
        return False
    c.execute(
        sa.update(twins)
        .where(_w.connection == connection, _w.twin == twin)
        .values(
            parked=False,
            due_at=now,
            attempts=0,
            dirty=sa.or_(_w.dirty, _w.lease_owner.is_not(None)),
        )
    )
    return True
