"""Owns the daemon's long-running tasks: restarts one that ends unasked, stops all in order."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from schemas.values import Millis

log = structlog.get_logger()

Factory = Callable[[], Coroutine[Any, Any, None]]
Drain = Callable[[], Awaitable[None]]

FIRST_DELAY = 0.5
LONGEST_DELAY = 60.0
SETTLED_MS = 60_000
"""A task that ran this long begins its back-off anew."""
STUCK_SECONDS = 5.0
"""How long a cancelled task may take to end."""


class TaskState(msgspec.Struct, frozen=True):
    name: str
    running: bool
    since: Millis | None
    """When the present run began; None while it waits for its restart."""
    restarts: int
    last_error: str


@dataclass(eq=False)
class _Job:
    name: str
    factory: Factory
    drain: Drain | None
    keeper: asyncio.Task[None] | None = None
    run: asyncio.Task[None] | None = None
    since: Millis | None = None
    restarts: int = 0
    streak: int = 0
    last_error: str = ""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """`random` gives numbers in [0, 1). A task that ends without being asked to is a fault."""

    def __init__(
        self,
        *,
        now: Callable[[], Millis],
        random: Callable[[], float],
        sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._random = random
        self._sleep = sleep
        self._jobs: dict[str, _Job] = {}

    def start(self, name: str, factory: Factory, *, drain: Drain | None = None) -> None:
        """`drain` tells the task to finish what it has in hand; it returns when that is done."""
        if name in self._jobs:
            raise ValueError(f"a task named {name!r} is owned already")
        job = self._jobs[name] = _Job(name, factory, drain)
        job.keeper = asyncio.create_task(self._keep(job), name=f"keep {name}")

    def states(self) -> tuple[TaskState, ...]:
        return tuple(
            TaskState(job.name, job.run is not None, job.since, job.restarts, job.last_error)
            for job in self._jobs.values()
        )

    async def stop(self, drain_seconds: float) -> None:
        """The newest task first. All drain hooks together have `drain_seconds`."""
        for job in self._jobs.values():
            job.stopping.set()
        deadline = asyncio.get_running_loop().time() + drain_seconds
        for name in reversed(tuple(self._jobs)):
            await self._end(self._jobs.pop(name), deadline)

    async def end(self, name: str, drain_seconds: float = 0.0) -> None:
        """Stops one task, such as that of a connector that was removed. Unknown names are done."""
        job = self._jobs.pop(name, None)
        if job is not None:
            job.stopping.set()
            await self._end(job, asyncio.get_running_loop().time() + drain_seconds)

    async def _end(self, job: _Job, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        if job.drain is not None and job.run is not None and deadline > loop.time():
            draining = asyncio.ensure_future(job.drain())
            await asyncio.wait({draining}, timeout=deadline - loop.time())
            await _ended(draining, f"drain {job.name}")
        for task in (job.run, job.keeper):
            if task is not None:
                await _ended(task, job.name)

    async def _keep(self, job: _Job) -> None:
        while not job.stopping.is_set():
            job.since = self._now()
            job.run = asyncio.create_task(_run(job.factory), name=job.name)
            await asyncio.wait({job.run})
            ran = self._now() - job.since
            outcome = job.run
            job.run = job.since = None
            if job.stopping.is_set():
                return
            self._count(job, outcome, ran)
            await self._pause(job)

    def _count(self, job: _Job, outcome: asyncio.Task[None], ran: Millis) -> None:
        job.restarts += 1
        job.streak = 1 if ran >= SETTLED_MS else job.streak + 1
        error = None if outcome.cancelled() else outcome.exception()
        job.last_error = f"{type(error).__name__}: {error}" if error else "ended unasked"
        log.error("task.ended", task=job.name, restarts=job.restarts, error=error or job.last_error)

    async def _pause(self, job: _Job) -> None:
        ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(job.streak - 1, 16))
        await self._sleep(ceiling * (0.5 + self._random() / 2))


async def _run(factory: Factory) -> None:
    """So that a factory that raises is a task that raises."""
    await factory()


async def _ended(task: asyncio.Future[None], name: str) -> None:
    """Cancels what still runs and waits for its end, though not for ever."""
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=STUCK_SECONDS)
    if not done:
        log.error("task.stuck", task=name, seconds=STUCK_SECONDS)
    elif not task.cancelled() and (error := task.exception()) is not None:
        log.warning("task.failed_to_stop", task=name, error=error)
