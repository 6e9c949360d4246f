"""The outbox: a changes feed per peer, with one row per twin.

Numbers come from a counter row that stays locked until the commit, so that they become visible in
their order: a reader that pages by number never misses a row. They may have gaps.
"""

import msgspec
import sqlalchemy as sa

from schemas.errors import PeerError
from schemas.peer import NOTICE_TWIN
from schemas.values import Millis
from service.store.prepared import Prepared
from service.store.tables import connections, outbox, outbox_counters

_t = outbox.c
_bind = sa.bindparam


class OutboxRow(msgspec.Struct, frozen=True):
    seq: int
    connection: str
    twin: str
    payload: bytes
    created: Millis


# What a resting connection has to say waits, and the peer's confirmation passes over it.
_resting = sa.select(connections.c.id).where(
    connections.c.peer == _bind("peer"), connections.c.status != sa.literal_column("'active'")
)
_travels = sa.or_(_t.twin == sa.literal_column(f"'{NOTICE_TWIN}'"), _t.connection.not_in(_resting))

_NUMBER = Prepared(
    sa.text(
        "INSERT INTO outbox_counters (peer, newest) VALUES (:peer, 1)"
        " ON CONFLICT (peer) DO UPDATE SET newest = outbox_counters.newest + 1 RETURNING newest"
    )
)
_PUT = Prepared(
    sa.text(
        "INSERT INTO outbox (peer, connection, twin, seq, created, size, payload)"
        " VALUES (:peer, :connection, :twin, :seq, :now, :size, :payload)"
        " ON CONFLICT (peer, connection, twin) DO UPDATE SET seq = excluded.seq,"
        " created = excluded.created, size = excluded.size, payload = excluded.payload"
    )
)
_NEWEST = Prepared(
    sa.select(outbox_counters.c.newest).where(outbox_counters.c.peer == _bind("peer"))
)
_sized = (
    sa.select(
        _t.seq,
        _t.connection,
        _t.twin,
        _t.payload,
        _t.created,
        (sa.func.sum(_t.size).over(order_by=_t.seq) - _t.size).label("before"),
    )
    .where(_t.peer == _bind("peer"), _t.seq > _bind("after"), _travels)
    .order_by(_t.seq)
    .limit(_bind("max_items"))
    .subquery()
)
_of_sized = _sized.c
_AFTER = Prepared(
    sa.select(
        _of_sized.seq, _of_sized.connection, _of_sized.twin, _of_sized.payload, _of_sized.created
    )
    .where(sa.or_(_of_sized.before < _bind("max_bytes"), _of_sized.before == 0))
    .order_by(_of_sized.seq)
)
_ACK = Prepared(
    sa.delete(outbox).where(_t.peer == _bind("peer"), _t.seq <= _bind("have"), _travels)
)
_RENUMBER = Prepared(
    sa.update(outbox)
    .where(
        _t.peer == _bind("of_peer"),
        _t.connection == _bind("of_connection"),
        _t.twin == _bind("of_twin"),
    )
    .values(seq=_bind("number", type_=sa.BigInteger))
)
_WAITING = Prepared(
    sa.select(_t.seq).where(_t.connection == _bind("connection"), _t.twin == _bind("twin")).limit(1)
)
_PAYLOAD = Prepared(
    sa.select(_t.payload)
    .where(_t.connection == _bind("connection"), _t.twin == _bind("twin"))
    .limit(1)
)


def put(
    c: sa.Connection, peer: str, connection: str, twin: str, payload: bytes, now: Millis
) -> int:
    """Replaces the twin's older row, if it waits still; answers the new number."""
    seq = _next(c, peer)
    _PUT.count(
        c,
        peer=peer,
        connection=connection,
        twin=twin,
        seq=seq,
        now=now,
        size=len(payload),
        payload=payload,
    )
    return seq


def _next(c: sa.Connection, peer: str) -> int:
    numbered = _NUMBER.one(c, peer=peer)
    return int(numbered[0]) if numbered else 0


def after(
    c: sa.Connection, peer: str, after: int, max_bytes: int, max_items: int
) -> list[OutboxRow]:
    """In order; ends with the row that reaches `max_bytes`, so that one large row still passes."""
    rows = _AFTER.all(c, peer=peer, after=after, max_bytes=max_bytes, max_items=max_items)
    return [OutboxRow(*row) for row in rows]


def ack(c: sa.Connection, peer: str, have: int) -> int:
    """Removes what the peer has stored; answers how many rows. Raises `PeerError` for a number that
    was never given: that peer speaks of another epoch, and nothing is removed.
    """
    if have > newest_seq(c, peer):
        raise PeerError(
            f"The peer acknowledges number {have}, which was never sent.",
            remedy="One of the two nodes was restored from a backup; a resync follows.",
        )
    return _ACK.count(c, peer=peer, have=have)


def set_free(c: sa.Connection, peer: str, connection: str) -> int:
    """Gives what waited in a connection that rested new numbers: the peer may have confirmed the
    old ones without ever seeing them. Answers how many rows."""
    rows = c.execute(
        sa.select(_t.twin)
        .where(_t.peer == peer, _t.connection == connection, _t.twin != NOTICE_TWIN)
        .order_by(_t.seq)
    ).scalars()
    twins = rows.all()
    for twin in twins:
        _RENUMBER.count(
            c, of_peer=peer, of_connection=connection, of_twin=twin, number=_next(c, peer)
        )
    return len(twins)


def seq_of(c: sa.Connection, connection: str, twin: str) -> int | None:
    """The number under which a message waits; None when none does."""
    row = _WAITING.one(c, connection=connection, twin=twin)
    return None if row is None else int(row[0])


def drop(c: sa.Connection, peer: str, seq: int) -> None:
    """Takes out one row that can never travel."""
    c.execute(sa.delete(outbox).where(_t.peer == peer, _t.seq == seq))


def withdraw(c: sa.Connection, peer: str, connection: str, twin: str) -> bool:
    """Takes out what needs not be said any more; False when it was said, or never waited."""
    held = sa.and_(_t.peer == peer, _t.connection == connection, _t.twin == twin)
    return c.execute(sa.delete(outbox).where(held)).rowcount > 0


def drop_all(c: sa.Connection, peer: str) -> None:
    """Takes out what is said about issues; notices stay."""
    c.execute(sa.delete(outbox).where(_t.peer == peer, _t.twin != NOTICE_TWIN))


def requeue(c: sa.Connection, peer: str, seq: int) -> bool:
    """Gives a row a new number, so that it goes once more. False: it was replaced meanwhile."""
    numbered = _NUMBER.one(c, peer=peer)
    fresh: int = numbered[0] if numbered else 0
    moved = sa.update(outbox).where(_t.peer == peer, _t.seq == seq).values(seq=fresh)
    return c.execute(moved).rowcount > 0


def waiting(c: sa.Connection, connection: str, twin: str) -> bool:
    """True while the peer has not confirmed the twin's newest message."""
    return _WAITING.one(c, connection=connection, twin=twin) is not None


def payload(c: sa.Connection, connection: str, twin: str) -> bytes | None:
    """What waits for the twin, if anything does."""
    row = _PAYLOAD.one(c, connection=connection, twin=twin)
    return None if row is None else bytes(row[0])


def newest_seq(c: sa.Connection, peer: str) -> int:
    """0 when there never was one."""
    found = _NEWEST.one(c, peer=peer)
    return 0 if found is None else int(found[0])


def oldest(c: sa.Connection, peer: str | None = None) -> Millis | None:
    """When the longest waiting row was put."""
    statement = sa.select(sa.func.min(_t.created))
    if peer is not None:
        statement = statement.where(_t.peer == peer)
    return c.execute(statement).scalar()


def count(c: sa.Connection, peer: str | None = None) -> int:
    statement = sa.select(sa.func.count()).select_from(outbox)
    if peer is not None:
        statement = statement.where(_t.peer == peer)
    return c.execute(statement).scalar_one()


def remove(c: sa.Connection, connection: str) -> int:
    """Drops what waits for a connection that ended."""
    return c.execute(sa.delete(outbox).where(_t.connection == connection)).rowcount
