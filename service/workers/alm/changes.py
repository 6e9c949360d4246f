"""What people did in the tracker since the last job of an ALM connection."""

from typing import TYPE_CHECKING

import msgspec

from schemas.events import IssueChanged
from service.store import cursors, twins
from service.store.twin_records import TwinKey
from service.workers.roster import LiveConnection, OpenConnector

if TYPE_CHECKING:
    # The operations are built on this.
    from service.workers.operations.desk import Desk

_CURSOR = "alm"


class Changes(msgspec.Struct, frozen=True):
    twins: dict[str, TwinKey]
    """At the tracker's end, by issue."""
    cursor: str


class ChangedIssues:
    """`there` is the tracker's end, `tracker` its connector."""

    def __init__(self, desk: "Desk", there: LiveConnection, tracker: OpenConnector) -> None:
        self._desk = desk
        self._there = there
        self._tracker = tracker

    async def since_the_last_job(self) -> Changes:
        """As far as they are under sync. They are asked for again until `keep`."""
        store, id = self._desk.store, self._there.record.connector
        cursor = await store.read(lambda c: cursors.get(c, id, _CURSOR))
        project = self._there.record.settings.project
        events: list[IssueChanged] = []
        complete = False
        while not complete:
            page = await self._tracker.tracker.changed_since(cursor, (project,))
            events += page.changes
            cursor, complete = page.cursor, page.complete
        found = await store.read(
            lambda c: twins.by_issues(c, id, sorted({event.issue for event in events}))
        )
        known = {
            word: TwinKey(each.connection, each.twin)
            for each in found
            if each.connection == self._there.record.id and not each.stopped
            for word in (each.issue_id, each.issue_key)
        }
        fresh = {e.issue: known[e.issue] for e in events if await self._is_fresh(e, known)}
        return Changes(fresh, cursor or "")

    async def _is_fresh(self, event: IssueChanged, known: dict[str, TwinKey]) -> bool:
        """Not what the twin held when it was last reconciled: our own writes come back here."""
        key = known.get(event.issue)
        if key is None:
            return False
        row = await self._desk.store.read(lambda c: twins.get(c, key.connection, key.twin))
        if row is None or event.version is None or event.version != row.state.local_version:
            return row is not None
        able = self._tracker.tracker.capabilities
        # Where versions are but seconds, more may have happened in that very one.
        return not able.version_exact and row.reconciled_at < event.version + able.time_precision_ms

    async def keep(self, cursor: str) -> None:
        id, now = self._there.record.connector, self._desk.now()
        await self._desk.store.write(lambda c: cursors.put(c, id, _CURSOR, cursor, now))
