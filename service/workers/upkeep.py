"""What has to be looked after when nothing happens: broken connections and ended ones."""

import asyncio
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
import structlog

from schemas.dry_runs import ANSWER_TWIN, ASK_TWIN
from schemas.peer import NOTICE_TWIN
from schemas.values import Millis
from service.store import connections, disclosures, dry_runs, invitations, outbox, rule_recordings
from service.store.store import Store
from service.workers import notices
from service.workers.roster import Roster, touch
from service.workers.tape import bounds_of

log = structlog.get_logger()

SECONDS = 60.0
TOMBSTONE: Millis = 30 * 24 * 3_600_000
"""For so long the record of a removed connection stays, once the other side knows."""

DISCLOSURES = 1_000_000
"""So many lines the ledger of what has left keeps: the newest."""


class Upkeep:
    def __init__(
        self,
        store: Store,
        roster: Roster,
        *,
        changed: Callable[[], Awaitable[None]],
        ring_peer: Callable[[str], None],
        now: Callable[[], Millis],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._roster = store, roster
        self._changed, self._ring_peer = changed, ring_peer
        self._now, self._sleep = now, sleep

    async def run(self) -> None:
        while True:
            await self.once()
            await self._sleep(SECONDS)

    async def once(self) -> None:
        await self._ask_again()
        await self._forget()
        await self._store.write(lambda c: disclosures.trim(c, DISCLOSURES))
        await self._prune_recordings()
        await self._end_dry_runs()

    async def _ask_again(self) -> None:
        """Whether a peer that did not know a connection knows it now."""
        broken = [c.record for c in self._roster.connections.values() if c.record.standing.broken]
        if not broken:
            return
        for peer in await self._store.write(lambda c: notices.ask_again(c, broken, self._now())):
            self._ring_peer(peer)

    async def _prune_recordings(self) -> None:
        """Also of connections that record no more."""
        live, now = self._roster.connections, self._now()

        def work(c: sa.Connection) -> int:
            return sum(
                rule_recordings.prune(c, id, bounds_of(live[id], now))
                for id in rule_recordings.connections(c)
                if id in live
            )

        if await self._store.read(rule_recordings.connections):
            gone = await self._store.write(work)
            log.debug("recordings.pruned", count=gone)

    async def _end_dry_runs(self) -> None:
        """What was asked or answered when a daemon ended, or by a peer that went away."""
        now = self._now()

        def work(c: sa.Connection) -> None:
            for key in dry_runs.over(c, now):
                twin = (ASK_TWIN if key.ours else ANSWER_TWIN) + key.id
                outbox.withdraw(c, key.peer, key.connection, twin)
                dry_runs.forget(c, key)

        if await self._store.read(lambda c: dry_runs.over(c, now)):
            await self._store.write(work)

    async def _forget(self) -> None:
        """Records of removed connections go after a month, and not before the other side knows."""
        ended = [
            live.record.id
            for live in self._roster.connections.values()
            if live.record.status == "removed"
            and live.record.standing.since < self._now() - TOMBSTONE
        ]
        if not ended:
            return

        def work(c: sa.Connection) -> list[str]:
            gone = [id for id in ended if outbox.seq_of(c, id, NOTICE_TWIN) is None]
            for id in gone:
                invitations.remove(c, id)
                connections.remove(c, id)
            touch(c)
            return gone

        gone = await self._store.write(work)
        if gone:
            log.info("connection.forgotten", count=len(gone))
            await self._changed()
