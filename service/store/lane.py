"""Threads that run transactions for the event loop."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

import sqlalchemy as sa
import structlog

from schemas.errors import StoreUnavailable
from service.store.session import Job, Session

log = structlog.get_logger()

T = TypeVar("T")


class _Waiting(Job):
    __slots__ = ("future",)

    def __init__(self, work: Callable[[sa.Connection], Any], future: asyncio.Future[Any]) -> None:
        super().__init__(work)
        self.future = future


class Lane:
    """A queue before one or more threads, each with its own connection.

    With `group` above 1, functions that wait at the same moment share a commit: under load the
    disk is flushed once for many. Made inside the event loop that uses it.
    """

    def __init__(self, engine: sa.Engine, *, name: str, threads: int, group: int = 1) -> None:
        self._engine = engine
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"store-{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """The result, once committed. A cancelled caller stops waiting; what has begun is ended."""
        if self._closed:
            raise StoreUnavailable("The store is closed.", remedy="Start the daemon again.")
        job = _Waiting(work, self._loop.create_future())
        self._queue.put(job)
        return cast(T, await job.future)

    async def close(self) -> None:
        """Runs what is queued, then ends the threads."""
        if not self._closed:
            self._closed = True
            for _ in self._threads:
                self._queue.put(None)
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        session = Session(self._engine)
        ending = False
        while not ending:
            jobs, ending = self._take()
            # A caller that left while its work was queued wants nothing written any more.
            wanted = [job for job in jobs if not job.future.cancelled()]
            if wanted:
                session.settle(wanted)
                if not self._loop.is_closed():
                    self._loop.call_soon_threadsafe(_deliver, wanted)
        session.close()

    def _take(self) -> tuple[list[_Waiting], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        jobs = [first]
        while len(jobs) < self._group:
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False


def _deliver(jobs: Sequence[_Waiting]) -> None:
    for job in jobs:
        if job.future.cancelled():
            if job.error is not None:
                log.warning("store.abandoned_work_failed", error=str(job.error))
        elif job.error is None:
            job.future.set_result(job.result)
        elif isinstance(job.error, StopIteration):
            # A future refuses it, and the caller would wait for ever.
            job.future.set_exception(RuntimeError("The work raised StopIteration."))
        else:
            job.future.set_exception(job.error)
