"""Twins that are due at a known moment, and the sweeper that rings for them."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Sequence

import structlog

from schemas.errors import StoreUnavailable
from schemas.events import Event, TwinDue
from schemas.values import Millis
from service.store import twins
from service.store.store import Store
from service.store.twin_records import TwinKey

log = structlog.get_logger()

SWEEP_SECONDS = 2.0
OVERDUE: Millis = 2_000
"""Rows that nobody rang for within this time are found by the sweep."""
AT_ONCE = 200


class Wakeups:
    """A heap in memory makes a retry punctual; the store makes it certain."""

    def __init__(self, *, now: Callable[[], Millis]) -> None:
        self._now = now
        self._heap: list[tuple[Millis, TwinKey]] = []
        self._changed = asyncio.Event()

    def at(self, moment: Millis, key: TwinKey) -> None:
        heapq.heappush(self._heap, (moment, key))
        self._changed.set()

    def take_due(self) -> list[TwinKey]:
        now = self._now()
        due: dict[TwinKey, None] = {}
        while self._heap and self._heap[0][0] <= now:
            due[heapq.heappop(self._heap)[1]] = None
        return list(due)

    async def wait(self, most: float) -> None:
        """Until the next moment, a new entry, or `most` seconds."""
        self._changed.clear()
        if self._heap:
            most = min(most, max(0.0, (self._heap[0][0] - self._now()) / 1000))
        try:
            async with asyncio.timeout(most):
                await self._changed.wait()
        except TimeoutError:
            return


class Sweeper:
    def __init__(
        self,
        store: Store,
        wakeups: Wakeups,
        handle: Callable[[Sequence[Event]], Awaitable[None]],
        *,
        now: Callable[[], Millis],
    ) -> None:
        self._store = store
        self._wakeups = wakeups
        self._handle = handle
        self._now = now
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        swept = 0
        try:
            while True:
                keys = self._wakeups.take_due()
                if self._now() - swept >= SWEEP_SECONDS * 1000:
                    keys += await self._overdue()
                    swept = self._now()
                if keys:
                    self._start(keys)
                await self._wakeups.wait(SWEEP_SECONDS)
        finally:
            for task in self._under_way:
                task.cancel()

    async def _overdue(self) -> list[TwinKey]:
        try:
            before = self._now() - OVERDUE
            return await self._store.read(lambda c: twins.due(c, before, AT_ONCE))
        except StoreUnavailable as error:
            log.warning("sweep.failed", error=error)
            return []

    def _start(self, keys: list[TwinKey]) -> None:
        """Rings run beside the sweep, so that a slow one delays no other."""
        for key in dict.fromkeys(keys):
            task = asyncio.create_task(self._ring(key))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _ring(self, key: TwinKey) -> None:
        try:
            await self._handle((TwinDue(key.twin, key.connection),))
        except StoreUnavailable as error:
            log.warning("sweep.failed", error=error)
