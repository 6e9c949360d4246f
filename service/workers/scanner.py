"""Scans: what webhooks missed is found here, and goes the same way."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from schemas.errors import TidegateError, TrackerError
from schemas.events import Event, IssueChanged
from schemas.values import Millis
from service.metrics import Metrics
from service.store import cursors
from service.store.store import Store
from service.workers.breaker import Breakers
from service.workers.roster import OpenConnector, Roster
from service.workers.webhook_desk import WebhookDesk

log = structlog.get_logger()

_SCAN = "changes"
_FULL = "full"
_BATCH = 200
_AWAY: Millis = 3_600_000
"""A connector that was not scanned for so long may have missed what only webhooks tell."""


class Scanner:
    """Of one connector, by name. A cursor is kept once what it covers is on the bus."""

    def __init__(
        self,
        connector: str,
        *,
        store: Store,
        roster: Roster,
        desk: WebhookDesk,
        breakers: Breakers,
        metrics: Metrics,
        publish: Callable[[tuple[Event, ...]], Awaitable[None]],
        now: Callable[[], Millis],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        interval: float,
        full_hours: float,
    ) -> None:
        self._connector = connector
        self._store, self._roster, self._desk = store, roster, desk
        self._breakers, self._metrics, self._publish = breakers, metrics, publish
        self._now, self._sleep = now, sleep
        self._interval = interval
        self._full_every = int(full_hours * 3_600_000)

    async def run(self) -> None:
        while True:
            try:
                away = await self._was_away()
                await self.scan()
                await self._full_scan_if_due(away=away)
            except TrackerError as error:
                opened = self._roster.connector_named(self._connector)
                if opened is not None:
                    self._breakers.trip(opened.record.id, error, error.retry_after)
                log.warning("scan.failed", connector=self._connector, error=error)
            except TidegateError as error:
                log.warning("scan.failed", connector=self._connector, error=error)
            await self._sleep(self._interval)

    async def scan(self) -> int:
        """All that changed since the last scan; answers how many events it published."""
        opened = self._roster.connector_named(self._connector)
        if opened is None or self._breakers.waits_until(opened.record.id):
            return 0
        id = opened.record.id
        cursor = await self._store.read(lambda c: cursors.get(c, id, _SCAN))
        found = 0
        while True:
            page = await opened.tracker.changed_since(cursor, self._projects(opened))
            found += await self._ring(page.changes)
            cursor = page.cursor
            await self._keep(id, _SCAN, cursor)
            if page.complete:
                break
        self._breakers.reset(id)
        return found

    async def _was_away(self) -> bool:
        opened = self._roster.connector_named(self._connector)
        if opened is None:
            return False
        id = opened.record.id
        last = await self._store.read(lambda c: cursors.changed(c, id, _SCAN))
        patience = max(_AWAY, int(self._interval * 3_000))
        return last is not None and self._now() - last >= patience

    async def _full_scan_if_due(self, *, away: bool) -> None:
        opened = self._roster.connector_named(self._connector)
        if opened is None:
            return
        id, now = opened.record.id, self._now()
        last = await self._store.read(lambda c: cursors.get(c, id, _FULL))
        if last is not None and now - int(last) < self._full_every and not away:
            return
        if last is not None:
            await self.full_scan()
        await self._keep(id, _FULL, str(now))

    async def _keep(self, connector: str, name: str, cursor: str) -> None:
        await self._store.write(lambda c: cursors.put(c, connector, name, cursor, self._now()))

    async def full_scan(self) -> int:
        """Every issue, for what bumps no date."""
        opened = self._roster.connector_named(self._connector)
        if opened is None:
            return 0
        found, batch = 0, []
        async for change in opened.tracker.all_issues(self._projects(opened)):
            batch.append(change)
            if len(batch) >= _BATCH:
                found += await self._ring(tuple(batch))
                batch = []
        return found + await self._ring(tuple(batch))

    def _projects(self, opened: OpenConnector) -> tuple[str, ...]:
        return self._roster.projects(opened.record.id)

    async def _ring(self, changes: tuple[IssueChanged, ...]) -> int:
        wanted = await self._desk.interested(changes)
        for start in range(0, len(wanted), _BATCH):
            await self._publish(wanted[start : start + _BATCH])
        self._metrics.scan_found.labels(self._connector).inc(len(wanted))
        return len(wanted)
