"""Deliveries that wait for a free worker."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from schemas.events import Event

_ALONE_AFTER = 2
"""An event that failed so often is handled by itself, so that it cannot drag others along."""


class Delivery(msgspec.Struct):
    tag: int
    event: Event
    failures: int


D = TypeVar("D", bound=Delivery)


class Waiting(Generic[D]):
    """First in, first out; several takers; no wake-up is lost when a taker is cancelled."""

    def __init__(self) -> None:
        self._deliveries: deque[D] = deque()
        self._takers: deque[asyncio.Future[None]] = deque()
        self._waking = False

    def __len__(self) -> int:
        return len(self._deliveries)

    def put(self, delivery: D) -> None:
        self._deliveries.append(delivery)
        self._wake()

    def put_all(self, deliveries: Iterable[D]) -> None:
        self._deliveries.extend(deliveries)
        self._wake()

    def clear(self) -> list[D]:
        """Takes all out, for nobody to handle."""
        left = list(self._deliveries)
        self._deliveries.clear()
        return left

    async def take(self, limit: int) -> list[D]:
        """What is there at once, up to `limit`; waits only while there is nothing."""
        while not self._deliveries:
            taker = asyncio.get_running_loop().create_future()
            self._takers.append(taker)
            try:
                await taker
            except asyncio.CancelledError:
                if taker.done() and not taker.cancelled():
                    self._waking = False
                    self._wake()
                raise
            self._waking = False
        return self._cut(limit)

    def _cut(self, limit: int) -> list[D]:
        queue = self._deliveries
        batch = [queue.popleft()]
        if batch[0].failures < _ALONE_AFTER:
            while queue and len(batch) < limit and queue[0].failures < _ALONE_AFTER:
                batch.append(queue.popleft())
        if queue:
            self._wake()
        return batch

    def _wake(self) -> None:
        # One at a time: the woken taker takes what has come until it runs, then wakes the next.
        if self._waking or not self._deliveries:
            return
        while self._takers:
            taker = self._takers.popleft()
            if not taker.done():
                self._waking = True
                taker.set_result(None)
                return
