"""The other issues of a connection: what a twin's parent and links are tied to, who waits for whom.

A tie whose other end is not here yet is left out and remembered, in the transaction that keeps the
twin; the transaction that brings the other end rings for it. So it is made once, whatever came
first and whatever was cut off.
"""

from typing import Literal

import sqlalchemy as sa

from schemas.node import Connection
from schemas.twin import Twin
from schemas.values import Millis
from service.store import awaited, kin
from service.store.store import Store
from service.store.twin_records import TwinKey
from service.sync.relations import Known, concerned
from service.sync.relations import awaited as awaits


class StoredKin:
    """Of one connection; a `bench.Kin`."""

    def __init__(self, store: Store, record: Connection) -> None:
        self._store, self._record = store, record

    async def twins_of(self, issues: frozenset[str]) -> dict[str, str]:
        record = self._record
        return await self._store.read(
            lambda c: kin.twins_of(c, record.id, record.connector, issues)
        )

    async def issues_of(self, twins: frozenset[str]) -> dict[str, Known]:
        found = await self._store.read(lambda c: kin.issues_of(c, self._record.id, twins))
        return {twin: Known(issue, stopped) for twin, (issue, stopped) in found.items()}

    async def key(self, way: Literal["local", "remote"], key: str) -> str | None:
        """Of another issue, by its key on the other side; None: it is not under sync."""
        record = self._record
        if way == "local":
            return await self._store.read(lambda c: kin.local_key(c, record.id, key))
        return await self._store.read(lambda c: kin.remote_key(c, record.id, record.connector, key))


def keep_waiting(
    c: sa.Connection, record: Connection, before: Twin, after: Twin, now: Millis
) -> None:
    """The first thing in a transaction that keeps a twin: what it waits for from now on."""
    waits = awaits(after.relations)
    changed = waits != awaits(before.relations)
    if changed or _is_new(before, after):
        awaited.guard(c, record.id, waits=changed)
    if not changed:
        return
    awaited.wait(c, record.id, after.id, waits)
    if any(awaited.is_here(c, record.id, record.connector, each) for each in waits):
        # It came while we looked: the holder looks again.
        awaited.ring(c, record.id, frozenset({after.id}), now)


def ring_for(
    c: sa.Connection, record: Connection, before: Twin, after: Twin, now: Millis
) -> list[TwinKey]:
    """After the twin was kept: who waited for it, and the other ends of links that came or went."""
    rung: list[TwinKey] = []
    if after.issue is not None and _is_new(before, after):
        rung += awaited.arrived(c, record.id, after.id, after.issue.id, now)
    if others := concerned(before, after):
        rung += awaited.ring(c, record.id, others, now)
    return rung


def _is_new(before: Twin, after: Twin) -> bool:
    return before.issue is None and after.issue is not None
