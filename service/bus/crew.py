"""The workers of one `consume`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, cast

import structlog

from service.bus.port import Handler
from service.bus.waiting import D, Waiting

log = structlog.get_logger()

Settle = Callable[[list[D], BaseException | None], Awaitable[None]]
"""Gets what the handler made of a batch: None when it returned."""


class Crew(Generic[D]):
    """Takes batches and hands them to the handler, at most `concurrency` at a time."""

    def __init__(
        self,
        waiting: Waiting[D],
        handler: Handler,
        *,
        settle: Settle[D],
        release: Callable[[list[D]], None],
        concurrency: int,
        batch: int,
    ) -> None:
        self._waiting = waiting
        self._handler = handler
        self._settle = settle
        self._release = release
        self._batch = batch
        self._leaving = False
        self._idle: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        for _ in range(concurrency):
            self._hire()

    async def leave(self) -> None:
        """Takes nothing new and waits for the batches under way. Cancelled, it gives those up."""
        self._leaving = True
        for task in self._idle:
            task.cancel()
        try:
            while self._tasks:
                await asyncio.wait(self._tasks)
        except asyncio.CancelledError:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            raise

    def _hire(self) -> None:
        task = asyncio.create_task(self._work())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._idle.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("bus.worker_failed", exc_info=error)
        if not self._leaving:
            self._hire()

    async def _work(self) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        while not self._leaving:
            self._idle.add(task)
            batch = await self._waiting.take(self._batch)
            self._idle.discard(task)
            await self._handle(batch)

    async def _handle(self, batch: list[D]) -> None:
        settled = False
        try:
            # As a task of its own, so that a cancellation which the handler raises by itself is
            # told apart from one that is meant for this worker.
            (outcome,) = await asyncio.gather(self._call(batch), return_exceptions=True)
            if outcome is not None:
                log.error("bus.handler_failed", events=len(batch), exc_info=outcome)
            await self._settle(batch, outcome)
            settled = True
        finally:
            if not settled:
                self._release(batch)

    async def _call(self, batch: list[D]) -> None:
        await self._handler([delivery.event for delivery in batch])
