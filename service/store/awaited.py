"""Which twins wait for another: for a twin to get its issue here, or for an issue to get a twin.

What is awaited is named "twin:" and its id, or "issue:" and the id that the tracker gave it.
"""

import sqlalchemy as sa

from schemas.values import Millis
from service.store.prepared import Prepared
from service.store.tables import awaited, twins
from service.store.twin_records import TwinKey

_a, _t = awaited.c, twins.c
_bind = sa.bindparam

_FORGET = Prepared(
    sa.delete(awaited).where(_a.connection == _bind("connection"), _a.twin == _bind("twin"))
)
_ADD = Prepared(
    sa.text("INSERT INTO awaited (connection, twin, what) VALUES (:connection, :twin, :what)")
)
_ARRIVED = Prepared(
    sa.delete(awaited)
    .where(_a.connection == _bind("connection"), _a.what == _bind("what"))
    .returning(_a.twin)
)
_RING = Prepared(
    sa.update(twins)
    .where(_t.connection == _bind("connection"), _t.twin == _bind("twin"))
    .values(
        due_at=_bind("at", type_=sa.BigInteger),
        dirty=sa.or_(_t.dirty, _t.lease_owner.is_not(None)),
    )
)
_HAS_ISSUE = Prepared(
    sa.select(_t.twin).where(
        _t.connection == _bind("connection"), _t.twin == _bind("twin"), _t.issue_id.is_not(None)
    )
)
_HAS_TWIN = Prepared(
    sa.select(_t.connection).where(
        _t.connector == _bind("connector"), _t.issue_id == _bind("issue")
    )
)


def guard(c: sa.Connection, connection: str, *, waits: bool) -> None:
    """First in a transaction that lets a twin wait, or brings what another may wait for: of two
    at once, one sees the other. SQLite has one writer at a time anyway."""
    if c.dialect.name == "postgresql":
        lock = "pg_advisory_xact_lock" if waits else "pg_advisory_xact_lock_shared"
        c.execute(sa.text(f"SELECT {lock}(hashtextextended(:name, 0))"), {"name": connection})


def wait(c: sa.Connection, connection: str, twin: str, what: frozenset[str]) -> None:
    """In place of what it waited for before."""
    _FORGET.count(c, connection=connection, twin=twin)
    for each in sorted(what):
        _ADD.count(c, connection=connection, twin=twin, what=each)


def is_here(c: sa.Connection, connection: str, connector: str, what: str) -> bool:
    """Whether it came before anybody waited for it."""
    kind, _, id = what.partition(":")
    if kind == "twin":
        return _HAS_ISSUE.one(c, connection=connection, twin=id) is not None
    having = _HAS_TWIN.all(c, connector=connector, issue=id)
    return (connection,) in [tuple(row) for row in having]


def ring(c: sa.Connection, connection: str, twins: frozenset[str], now: Millis) -> list[TwinKey]:
    """Makes them due; answers those that there are."""
    return [
        TwinKey(connection, twin)
        for twin in sorted(twins)
        if _RING.count(c, connection=connection, twin=twin, at=now)
    ]


def arrived(c: sa.Connection, connection: str, twin: str, issue: str, now: Millis) -> list[TwinKey]:
    """The twin has this issue: makes due who waited for either, once; answers them."""
    waiting: set[str] = set()
    for what in (f"twin:{twin}", f"issue:{issue}"):
        waiting |= {row[0] for row in _ARRIVED.all(c, connection=connection, what=what)}
    return ring(c, connection, frozenset(waiting), now)
