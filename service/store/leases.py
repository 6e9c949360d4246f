"""Leases on twins: one holder at a time, fenced, with a memory of who rang meanwhile."""

import sqlalchemy as sa

from schemas.twin import Twin
from schemas.values import Millis
from service.store.errors import LeaseLost
from service.store.prepared import Columns, Prepared
from service.store.tables import twins
from service.store.twin_records import (
    Busy,
    Claim,
    TwinKey,
    decode_message,
    decode_state,
    encode,
    searched,
)

_t = twins.c
_bind = sa.bindparam

_this = sa.and_(_t.connection == _bind("connection"), _t.twin == _bind("twin"))
_held = sa.and_(_this, _t.lease_owner == _bind("owner"), _t.fence == _bind("fence"))
_free = sa.and_(
    _t.lease_until <= _bind("now"),
    sa.or_(sa.not_(_t.parked), _bind("include_parked", type_=sa.Boolean)),
)
_lease_ends = _bind("until", type_=sa.BigInteger)

_CLAIMED = (
    _t.connector,
    _t.fence,
    _t.lease_until,
    _t.attempts,
    _t.reconciled_at,
    _t.due_at,
    _t.parked,
    _t.state,
    _t.incoming,
)

# One statement takes the lease or marks dirty: nobody can release it between two looks at the row.
# A dirty row gets a due time, so that the sweeper finds it if the holder died.
_CLAIM = Prepared(
    sa.update(twins)
    .where(_this)
    .values(
        lease_owner=sa.case((_free, _bind("owner", type_=sa.Text)), else_=_t.lease_owner),
        lease_until=sa.case((_free, _lease_ends), else_=_t.lease_until),
        fence=sa.case((_free, _t.fence + 1), else_=_t.fence),
        dirty=sa.case((_free, sa.false()), else_=sa.true()),
        due_at=sa.case(
            (sa.or_(_free, _t.parked, _t.due_at.is_not(None)), _t.due_at),
            else_=_t.lease_until,
        ),
    )
    .returning(_t.dirty, *_CLAIMED)
)
_REFRESH = Prepared(sa.select(_t.dirty, *_CLAIMED).where(_held))
_RENEW = Prepared(sa.update(twins).where(_held).values(lease_until=_lease_ends))

_saved = {
    _t.state: _bind("state"),
    _t.issue_id: _bind("issue_id"),
    _t.issue_key: _bind("issue_key"),
    _t.remote_id: _bind("remote_id"),
    _t.remote_key: _bind("remote_key"),
    _t.unsettled: _bind("unsettled"),
    _t.stopped: _bind("stopped"),
    _t.reconciled_at: _bind("now"),
    _t.incoming: sa.case((_t.incoming_version == _bind("taken"), sa.null()), else_=_t.incoming),
    _t.incoming_version: sa.case(
        (_t.incoming_version < _bind("version"), _bind("version")), else_=_t.incoming_version
    ),
}
_released = {
    _t.lease_owner: sa.case((_t.dirty, _t.lease_owner), else_=sa.null()),
    _t.lease_until: sa.case((_t.dirty, _t.lease_until), else_=sa.literal_column("0")),
    _t.due_at: sa.case((_t.dirty, _t.due_at), else_=_bind("due_at", type_=sa.BigInteger)),
    _t.attempts: sa.case((_t.dirty, _t.attempts), else_=_bind("attempts", type_=sa.BigInteger)),
    _t.dirty: sa.false(),
}
_SAVE = Prepared(sa.update(twins).where(_held).values(_saved))
_RELEASE = Prepared(sa.update(twins).where(_held).values(_released).returning(_t.lease_owner))
_SAVE_AND_RELEASE = Prepared(
    sa.update(twins).where(_held).values(_saved | _released).returning(_t.lease_owner)
)


def claim(
    c: sa.Connection,
    connection: str,
    twin: str,
    owner: str,
    now: Millis,
    lease_ms: int,
    *,
    include_parked: bool = False,
) -> Claim | Busy | None:
    """Takes the lease, or marks the twin dirty for whoever has it. None: no such twin."""
    row = _CLAIM.one(
        c,
        connection=connection,
        twin=twin,
        owner=owner,
        now=now,
        until=now + lease_ms,
        include_parked=include_parked,
    )
    if row is None:
        return None
    if row[0]:
        return Busy(until=row[3], parked=bool(row[7]))
    return _claim(connection, twin, owner, row)


def take_back(c: sa.Connection, owner: str, now: Millis) -> list[TwinKey]:
    """Frees what a dead predecessor under the same name still holds, and makes it due: it may have
    died in the middle of any of them. Answers their keys.
    """
    statement = (
        sa.update(twins)
        .where(_t.lease_owner == owner)
        .values(
            lease_owner=None,
            lease_until=0,
            dirty=False,
            due_at=sa.case((_t.parked, _t.due_at), else_=now),
        )
        .returning(_t.connection, _t.twin)
    )
    return [TwinKey(*row) for row in c.execute(statement)]


def refresh(c: sa.Connection, claim: Claim) -> Claim:
    """The claim with what has arrived since. Raises `LeaseLost`."""
    row = _REFRESH.one(c, **_of(claim))
    if row is None:
        raise LeaseLost(claim.twin)
    return _claim(claim.connection, claim.twin, claim.owner, row)


def renew(c: sa.Connection, claim: Claim, until: Millis) -> None:
    """Raises `LeaseLost`."""
    if not _RENEW.count(c, **_of(claim), until=until):
        raise LeaseLost(claim.twin)


def save(c: sa.Connection, claim: Claim, twin: Twin, *, taken: int | None, now: Millis) -> None:
    """Keeps the new state. `taken` is the version of the incoming message that it includes; a newer
    one stays. Raises `LeaseLost`, and then the whole transaction must not be committed.
    """
    if not _SAVE.count(c, **_of(claim), **_state(twin, taken, now)):
        raise LeaseLost(claim.twin)


def release(
    c: sa.Connection, claim: Claim, *, due_at: Millis | None = None, attempts: int = 0
) -> bool:
    """True: somebody rang meanwhile, the lease stays: `refresh` and look again.

    Raises `LeaseLost`.
    """
    row = _RELEASE.one(c, **_of(claim), due_at=due_at, attempts=attempts)
    return _stays(claim, row)


def save_and_release(
    c: sa.Connection,
    claim: Claim,
    twin: Twin,
    *,
    taken: int | None,
    now: Millis,
    due_at: Millis | None = None,
    attempts: int = 0,
) -> bool:
    """`save`, then `release`, in one statement. The state is kept in either case."""
    row = _SAVE_AND_RELEASE.one(
        c, **_of(claim), **_state(twin, taken, now), due_at=due_at, attempts=attempts
    )
    return _stays(claim, row)


def _of(claim: Claim) -> dict[str, object]:
    return {
        "connection": claim.connection,
        "twin": claim.twin,
        "owner": claim.owner,
        "fence": claim.fence,
    }


def _state(twin: Twin, taken: int | None, now: Millis) -> dict[str, object]:
    return {
        "state": encode(twin),
        **searched(twin),
        "version": twin.replica_version,
        "taken": taken,
        "now": now,
    }


def _stays(claim: Claim, row: Columns | None) -> bool:
    if row is None:
        raise LeaseLost(claim.twin)
    return row[0] is not None


def _claim(connection: str, twin: str, owner: str, row: Columns) -> Claim:
    _, connector, fence, until, attempts, reconciled_at, due_at, parked, state, incoming = row
    return Claim(
        connection=connection,
        twin=twin,
        connector=connector,
        owner=owner,
        fence=fence,
        until=until,
        state=decode_state(state),
        incoming=None if incoming is None else decode_message(incoming),
        attempts=attempts,
        reconciled_at=reconciled_at,
        due_at=due_at,
        parked=bool(parked),
    )
