"""Looks after the trackers' own sending of webhooks, and tells what a person must do about it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from adapters.port import Watching
from schemas.errors import TidegateError
from schemas.node import Activity
from schemas.values import Millis
from service.store import activity
from service.store.store import Store
from service.workers.breaker import Breakers
from service.workers.roster import Roster

log = structlog.get_logger()

SECONDS = 300.0


class Attention:
    """By connector's id: what a person must do, as was found last."""

    def __init__(self) -> None:
        self._wanted: dict[str, tuple[str, ...]] = {}

    def of(self, connector: str) -> tuple[str, ...]:
        return self._wanted.get(connector, ())

    def note(self, connector: str, wanted: tuple[str, ...]) -> bool:
        """True when that is news."""
        before = self._wanted.pop(connector, ())
        if wanted:
            self._wanted[connector] = wanted
        return wanted != before


class Watcher:
    """Of one connector, by name."""

    def __init__(
        self,
        connector: str,
        *,
        store: Store,
        roster: Roster,
        breakers: Breakers,
        attention: Attention,
        now: Callable[[], Millis],
        random: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connector = connector
        self._store, self._roster, self._breakers = store, roster, breakers
        self._attention = attention
        self._now, self._random, self._sleep = now, random, sleep

    async def run(self) -> None:
        # Connectors that start together do not all ask at the same moment.
        await self._sleep(SECONDS * self._random() / 4)
        while True:
            try:
                await self.once()
            except TidegateError as error:
                log.warning("watch.failed", connector=self._connector, error=error)
            await self._sleep(SECONDS * (0.75 + self._random() / 2))

    async def once(self) -> None:
        opened = self._roster.connector_named(self._connector)
        if opened is None or not isinstance(opened.tracker, Watching):
            return
        id = opened.record.id
        if self._breakers.waits_until(id):
            return
        wanted = await opened.tracker.watch(self._roster.projects(id))
        if not self._attention.note(id, wanted):
            return
        event = "connector.needs_attention" if wanted else "connector.attended"
        log.warning(event, connector=self._connector, wanted=list(wanted))
        detail = {"connector": self._connector, "wanted": list(wanted)}
        entry = Activity(self._now(), event, detail=detail)
        await self._store.write(lambda c: activity.append(c, entry))
