"""Parked twins: how they come to wait for a person, and how they come back."""

from typing import Literal

import msgspec
import sqlalchemy as sa

from schemas.errors import Fault, InputError
from schemas.node import ParkedTwin
from schemas.values import Millis
from service.store import leases, parked, twins
from service.store.twin_records import Claim, TwinKey

Keep = Literal["", "local", "remote"]


def park_refused(c: sa.Connection, key: TwinKey, message: str, remedy: str, now: Millis) -> bool:
    """What we said of this twin reaches nobody. False: there is no such twin."""
    row = twins.get(c, key.connection, key.twin)
    if row is None:
        return False
    entry = ParkedTwin(
        twin=key.twin,
        connection=key.connection,
        issue=row.state.issue.key if row.state.issue else row.state.replica.key,
        fault=str(Fault.PEER),
        message=message,
        remedy=remedy,
        since=now,
        attempts=row.attempts,
    )
    return parked.park(c, entry)


def resume(c: sa.Connection, key: TwinKey, keep: Keep, *, owner: str, now: Millis) -> bool:
    """A person has seen to it. `keep` decides its conflicts. What the peer had refused is said
    again, whole. False: it is not parked, or a worker has not yet let go of it.
    """
    entry = parked.get(c, key.connection, key.twin)
    if entry is None:
        return False
    claim = leases.claim(c, key.connection, key.twin, owner, now, 1, include_parked=True)
    if not isinstance(claim, Claim):
        return False
    twin = msgspec.structs.replace(
        claim.state, keep=keep, resend=claim.state.resend or entry.fault == Fault.PEER
    )
    leases.save(c, claim, twin, taken=None, now=claim.reconciled_at)
    leases.release(c, claim)
    return parked.unpark(c, key.connection, key.twin, now)


def ask_anew(c: sa.Connection, key: TwinKey, *, owner: str, now: Millis) -> bool:
    """The twin is reconciled as if its newest replica had just come; a parked one once it goes on.
    False: there is none, or its sync was stopped. Raises `InputError` while a worker holds it."""
    row = twins.get(c, key.connection, key.twin)
    if row is None or row.stopped:
        return False
    claim = claimed(c, key, owner=owner, now=now)
    twin = msgspec.structs.replace(claim.state, anew=True)
    leases.save(c, claim, twin, taken=None, now=claim.reconciled_at)
    leases.release(c, claim, due_at=None if row.parked else now, attempts=claim.attempts)
    return True


def claimed(c: sa.Connection, key: TwinKey, *, owner: str, now: Millis) -> Claim:
    """For a change by hand. Raises `InputError` 409 while a worker holds it."""
    claim = leases.claim(c, key.connection, key.twin, owner, now, 1, include_parked=True)
    if not isinstance(claim, Claim):
        raise InputError(
            "The twin is being worked on.", status=409, remedy="Try again in a few seconds."
        )
    return claim


def resend_later(c: sa.Connection, key: TwinKey, *, owner: str, now: Millis) -> bool:
    """What we said reached nobody: it is said again, whole, once the connection goes on.

    False: there is no such twin, or a worker has not yet let go of it.
    """
    claim = leases.claim(c, key.connection, key.twin, owner, now, 1, include_parked=True)
    if not isinstance(claim, Claim):
        return False
    twin = msgspec.structs.replace(claim.state, resend=True)
    leases.save(c, claim, twin, taken=None, now=claim.reconciled_at)
    leases.release(c, claim, due_at=claim.due_at, attempts=claim.attempts)
    return twins.defer(c, key.connection, key.twin)


def reopen(c: sa.Connection, key: TwinKey, now: Millis) -> bool:
    """A conflict that waits for a decision is looked at again when the other side has spoken: it
    may have been decided there.
    """
    entry = parked.get(c, key.connection, key.twin)
    if entry is None or entry.fault != Fault.UNDECIDED:
        return False
    row = twins.get(c, key.connection, key.twin)
    return (
        row is not None
        and row.incoming is not None
        and parked.unpark(c, key.connection, key.twin, now)
    )
