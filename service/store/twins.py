"""Twins: their rows, what arrives for them, and when they are due. Leases are in `leases.py`."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from schemas.errors import InputError
from schemas.replica import TwinMessage
from schemas.twin import Twin
from schemas.values import Millis
from service.store import awaited, parked
from service.store.prepared import Columns, Prepared
from service.store.tables import outbox, twins
from service.store.twin_records import (
    FoundTwin,
    TwinKey,
    TwinRow,
    decode_message,
    decode_state,
    encode,
    searched,
)

Merge = Callable[[TwinMessage | None, TwinMessage], TwinMessage]

Status = Literal["in_step", "working", "waiting", "parked", "stopped"]

_t = twins.c
_bind = sa.bindparam
_LIMIT_64 = 1 << 63

_this = sa.and_(_t.connection == _bind("connection"), _t.twin == _bind("twin"))
_workable = sa.and_(sa.not_(_t.parked), sa.not_(_t.stopped))
_runnable_at = sa.case((_t.lease_until > _t.due_at, _t.lease_until), else_=_t.due_at)

_ROW = (
    _t.connection,
    _t.twin,
    _t.connector,
    _t.lease_owner,
    _t.lease_until,
    _t.fence,
    _t.dirty,
    _t.due_at,
    _t.attempts,
    _t.reconciled_at,
    _t.parked,
    _t.stopped,
    _t.created,
    _t.incoming_version,
    _t.state,
    _t.incoming,
)
_FOUND = (_t.connection, _t.twin, _t.issue_id, _t.issue_key, _t.parked, _t.stopped)

_GET = Prepared(sa.select(*_ROW).where(_this))
# Two searches: with OR, SQLite would walk over all twins of the connector.
_BY_ISSUE = Prepared(
    sa.union(
        sa.select(*_FOUND).where(_t.connector == _bind("connector"), _t.issue_id == _bind("issue")),
        sa.select(*_FOUND).where(
            _t.connector == _bind("connector"), _t.issue_key == _bind("issue")
        ),
    ).order_by("connection", "twin")
)
_ADD = Prepared(
    sa.text(
        "INSERT INTO twins (connection, twin, connector, issue_id, issue_key, lease_until, fence,"
        " dirty, due_at, attempts, reconciled_at, parked, stopped, created, incoming_version,"
        " state, incoming, remote_id, remote_key, unsettled)"
        " VALUES (:connection, :twin, :connector, :issue_id, :issue_key, 0, 0,"
        " false, :due_at, 0, 0, false, :stopped, :now, :incoming_version, :state, :incoming,"
        " :remote_id, :remote_key, :unsettled)"
        " ON CONFLICT (connection, twin) DO NOTHING"
    )
)
_ARRIVED = Prepared(sa.select(_t.incoming_version, _t.incoming).where(_this).with_for_update())
_RECEIVE = Prepared(
    sa.update(twins)
    .where(_this)
    .values(
        incoming=_bind("message"),
        incoming_version=_bind("version"),
        # A holder of the lease looks again before it lets go.
        dirty=sa.or_(_t.dirty, _t.lease_owner.is_not(None)),
        due_at=sa.case((_workable, _bind("now", type_=sa.BigInteger)), else_=_t.due_at),
    )
)
_REOPEN = Prepared(sa.update(twins).where(_this).values(stopped=sa.false()))
_SET_DUE = Prepared(
    sa.update(twins)
    .where(_this)
    .values(
        due_at=_bind("at", type_=sa.BigInteger),
        dirty=sa.or_(_t.dirty, _t.lease_owner.is_not(None)),
    )
)
_CLEAR_DUE = Prepared(sa.update(twins).where(_this).values(due_at=sa.null()))
_DEFER = Prepared(sa.update(twins).where(_this).values(due_at=sa.null(), dirty=sa.true()))
_WAKE = Prepared(
    sa.update(twins)
    .where(
        _t.connection == _bind("connection"),
        sa.or_(_t.dirty, _t.incoming.is_not(None)),
        _workable,
    )
    .values(due_at=_bind("now", type_=sa.BigInteger))
)
_DUE = Prepared(
    sa.select(_t.connection, _t.twin)
    .where(_t.due_at <= _bind("now"), _t.lease_until <= _bind("now"), _workable)
    .order_by(_t.due_at)
    .limit(_bind("limit"))
)
# Written so that SQLite searches the index of due times; with min() it walks over all twins.
_NEXT_DUE = Prepared(
    sa.select(_runnable_at)
    .where(_t.due_at >= sa.literal_column("0"), _workable)
    .order_by(_runnable_at)
    .limit(sa.literal_column("1"))
)
_OLDEST_DUE = Prepared(
    sa.select(sa.func.min(_t.due_at)).where(_t.due_at <= _bind("now"), _workable)
)


def create(
    c: sa.Connection, twin: Twin, connector: str, now: Millis, due_at: Millis | None
) -> bool:
    """False when the twin exists already; then nothing is changed. Who waited for its issue is
    due."""
    awaited.guard(c, twin.connection, waits=False)
    added = _add(c, twin, connector, now=now, due_at=due_at, message=None)
    if added and twin.issue is not None:
        awaited.arrived(c, twin.connection, twin.id, twin.issue.id, now)
    return added


def adopt(c: sa.Connection, twin: Twin, now: Millis) -> bool:
    """Puts a twin that was only waiting under sync, with this state. False: it was not stopped."""
    fresh = msgspec.structs.replace(twin, stopped=False)
    this = sa.and_(_t.connection == twin.connection, _t.twin == twin.id, _t.stopped)
    update = (
        sa.update(twins)
        .where(this)
        .values(
            state=encode(fresh),
            **searched(fresh),
            due_at=now,
        )
    )
    adopted = c.execute(update).rowcount > 0
    if adopted and twin.issue is not None:
        awaited.arrived(c, twin.connection, twin.id, twin.issue.id, now)
    return adopted


def get(c: sa.Connection, connection: str, twin: str) -> TwinRow | None:
    found = _GET.one(c, connection=connection, twin=twin)
    return None if found is None else _row(found)


def first_living(c: sa.Connection, connection: str, name: Callable[[int], str]) -> str:
    """Of the ids `name(0)`, `name(1)` … the first whose twin was not cleaned up."""
    before = 0
    while True:
        row = get(c, connection, name(before))
        if row is None or not row.state.cleaned:
            return name(before)
        before += 1


def by_issue(c: sa.Connection, connector: str, issue: str) -> list[FoundTwin]:
    """`issue` is the tracker's id or key."""
    return [_found(row) for row in _BY_ISSUE.all(c, connector=connector, issue=issue)]


def by_issues(c: sa.Connection, connector: str, issues: Iterable[str]) -> list[FoundTwin]:
    """The same for many at once, as a page of changes brings them."""
    found: dict[TwinKey, FoundTwin] = {}
    for issue in dict.fromkeys(issues):
        for twin in by_issue(c, connector, issue):
            found[TwinKey(twin.connection, twin.twin)] = twin
    return list(found.values())


def page(
    c: sa.Connection,
    *,
    connection: str | None = None,
    issue: str | None = None,
    after: TwinKey | None = None,
    limit: int = 100,
) -> list[TwinRow]:
    """In the order of connection and twin; `after` is the last key of the page before."""
    statement = sa.select(*_ROW).order_by(_t.connection, _t.twin).limit(limit)
    if connection is not None:
        statement = statement.where(_t.connection == connection)
    if issue is not None:
        statement = statement.where(sa.or_(_t.issue_id == issue, _t.issue_key == issue))
    if after is not None:
        statement = statement.where(_later(after))
    return [_row(tuple(row)) for row in c.execute(statement)]


def _later(than: TwinKey) -> sa.ColumnElement[bool]:
    last = sa.tuple_(sa.literal(than.connection), sa.literal(than.twin))
    return sa.tuple_(_t.connection, _t.twin) > last


class Search(msgspec.Struct, frozen=True):
    """None and '' mean any."""

    connection: str | None = None
    issue: str = ""
    """Key or id of the local issue."""
    remote: str = ""
    """Key or id of the other side's issue."""
    status: Status | None = None
    now: Millis = 0
    """Told with a status: a lease that has run out holds nothing."""


def search(
    c: sa.Connection,
    wanted: Search,
    *,
    after: TwinKey | None = None,
    offset: int = 0,
    limit: int,
) -> list[TwinRow]:
    """In the order of connection and twin; `after` is the last key of the page before."""
    statement = sa.select(*_ROW).where(*_wanted(c, wanted)).order_by(_t.connection, _t.twin)
    if after is not None:
        statement = statement.where(_later(after))
    return [_row(tuple(row)) for row in c.execute(statement.offset(offset).limit(limit))]


def found(c: sa.Connection, wanted: Search) -> int:
    """How many there are."""
    statement = sa.select(sa.func.count()).select_from(twins).where(*_wanted(c, wanted))
    return c.execute(statement).scalar_one()


def _wanted(c: sa.Connection, wanted: Search) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.connection is not None:
        where.append(_t.connection == wanted.connection)
    if wanted.issue:
        where.append(sa.or_(_t.issue_id == wanted.issue, _t.issue_key == wanted.issue))
    if wanted.remote:
        where.append(sa.or_(_t.remote_id == wanted.remote, _t.remote_key == wanted.remote))
    if wanted.status is not None:
        where += _in_status(wanted.status, wanted.now)
    return where


def _in_status(status: Status, now: Millis) -> list[sa.ColumnElement[bool]]:
    """A twin has the first that fits: parked, stopped, working, waiting, in_step."""
    if status == "parked":
        return [_t.parked]
    if status == "stopped":
        return [_t.stopped, sa.not_(_t.parked)]
    working = sa.or_(
        _t.due_at.is_not(None), _t.incoming.is_not(None), _t.lease_until > now, _t.unsettled
    )
    if status == "working":
        return [_workable, working]
    unheard = (
        sa.exists()
        .where(outbox.c.connection == _t.connection, outbox.c.twin == _t.twin)
        .correlate(twins)
    )
    return [_workable, sa.not_(working), unheard if status == "waiting" else sa.not_(unheard)]


def count(c: sa.Connection, only: Collection[str] | None = None) -> dict[str, int]:
    """By connection; connections without twins are left out."""
    statement = sa.select(_t.connection, sa.func.count()).group_by(_t.connection)
    if only is not None:
        statement = statement.where(_t.connection.in_(only))
    return {row[0]: row[1] for row in c.execute(statement)}


def receive(
    c: sa.Connection,
    connection: str,
    twin: str,
    connector: str,
    message: TwinMessage,
    merge: Merge,
    now: Millis,
) -> bool:
    """Keeps what the other side sent until a worker takes it in, and makes the twin due.

    `merge` joins what waits already with the newer message. False: this version or a newer one has
    been here before, nothing changed. Raises `InputError` for what no store can keep.
    """
    _check(twin, message.version)
    for _ in range(2):
        arrived = _ARRIVED.one(c, connection=connection, twin=twin)
        if arrived is not None:
            return _replace(c, connection, twin, arrived, message, merge, now)
        fresh = Twin(id=twin, connection=connection)
        if _add(c, fresh, connector, now=now, due_at=now, message=merge(None, message)):
            return True
        # Another transaction has just made it: now it can be found.
    return False


def reopen(c: sa.Connection, connection: str, message: TwinMessage) -> None:
    """Lets a worker look at a twin that rests here, before a message with a new turn is received:
    the other side has stopped it, or let it go on."""
    if not message.turn:
        return
    row = get(c, connection, message.twin)
    if row is None or message.turn <= row.state.turn or message.version <= row.incoming_version:
        return
    parked.ignore(c, connection, message.twin)
    if row.stopped:
        _REOPEN.count(c, connection=connection, twin=message.twin)


def set_due(c: sa.Connection, connection: str, twin: str, due_at: Millis | None) -> bool:
    """A holder of the lease looks again at once. False: no such twin."""
    if due_at is None:
        return _CLEAR_DUE.count(c, connection=connection, twin=twin) > 0
    return _SET_DUE.count(c, connection=connection, twin=twin, at=due_at) > 0


def defer(c: sa.Connection, connection: str, twin: str) -> bool:
    """Its work waits, without a due time, until `wake`: for a connection that is paused."""
    return _DEFER.count(c, connection=connection, twin=twin) > 0


def wake(c: sa.Connection, connection: str, now: Millis) -> int:
    """Makes due what waits in a connection; answers how many."""
    return _WAKE.count(c, connection=connection, now=now)


def wake_all(c: sa.Connection, connection: str, now: Millis) -> int:
    """Makes every twin of a connection due, for a resync; answers how many."""
    statement = sa.update(twins).where(_t.connection == connection, _workable)
    dirty = sa.or_(_t.dirty, _t.lease_owner.is_not(None))
    return c.execute(statement.values(due_at=now, dirty=dirty)).rowcount


def due(c: sa.Connection, now: Millis, limit: int = 100) -> list[TwinKey]:
    """The longest waiting first, of those that nobody holds; a lease that ran out holds nothing."""
    return [TwinKey(*row) for row in _DUE.all(c, now=now, limit=limit)]


def next_due(c: sa.Connection) -> Millis | None:
    """The earliest moment at which `due` finds one; it may have passed."""
    found = _NEXT_DUE.one(c)
    return None if found is None else found[0]


def oldest_due(c: sa.Connection, now: Millis) -> Millis | None:
    """Since when the longest waiting twin has been due, held ones included."""
    found = _OLDEST_DUE.one(c, now=now)
    return None if found is None else found[0]


class Waiting(msgspec.Struct, frozen=True):
    due: int
    later: int
    working: int
    arrived: int


def waiting(c: sa.Connection, now: Millis) -> Waiting:
    """How many there are of each. Each count searches the index of due times, or is of few rows."""

    def how_many(*where: sa.ColumnElement[bool]) -> int:
        return c.execute(sa.select(sa.func.count()).select_from(twins).where(*where)).scalar_one()

    return Waiting(
        due=how_many(_t.due_at <= now, _t.lease_until <= now, _workable),
        later=how_many(_t.due_at > now, _workable),
        working=how_many(_t.lease_until > now),
        arrived=how_many(_t.incoming.is_not(None)),
    )


def _add(
    c: sa.Connection,
    twin: Twin,
    connector: str,
    *,
    now: Millis,
    due_at: Millis | None,
    message: TwinMessage | None,
) -> bool:
    _check(twin.id, twin.replica_version)
    added = _ADD.count(
        c,
        connection=twin.connection,
        twin=twin.id,
        connector=connector,
        **searched(twin),
        due_at=due_at,
        now=now,
        incoming_version=twin.replica_version if message is None else message.version,
        state=encode(twin),
        incoming=None if message is None else encode(message),
    )
    return added > 0


def _replace(
    c: sa.Connection,
    connection: str,
    twin: str,
    arrived: Columns,
    message: TwinMessage,
    merge: Merge,
    now: Millis,
) -> bool:
    version, waiting = arrived
    if message.version <= version:
        return False
    merged = merge(None if waiting is None else decode_message(waiting), message)
    _RECEIVE.count(
        c,
        connection=connection,
        twin=twin,
        message=encode(merged),
        version=message.version,
        now=now,
    )
    return True


def _check(twin: str, version: int) -> None:
    """These come from other nodes, and the databases differ in what they refuse."""
    if not twin or "\x00" in twin or len(twin) > 255:
        raise InputError("A twin's id has 1 to 255 characters and no NUL.")
    if not 0 <= version < _LIMIT_64:
        raise InputError("A twin's version is a whole number from 0 to 2^63 - 1.")


def _row(row: Columns) -> TwinRow:
    *small, state, incoming = row
    record: dict[str, Any] = dict(zip(TwinRow.__struct_fields__, small, strict=False))
    record["lease_owner"] = record["lease_owner"] or ""
    for flag in ("dirty", "parked", "stopped"):
        record[flag] = bool(record[flag])
    return TwinRow(
        **record,
        state=decode_state(state),
        incoming=None if incoming is None else decode_message(incoming),
    )


def _found(row: Columns) -> FoundTwin:
    connection, twin, issue_id, issue_key, parked, stopped = row
    return FoundTwin(connection, twin, issue_id or "", issue_key or "", bool(parked), bool(stopped))
