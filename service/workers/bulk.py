"""Bulk work: one step after the other, told how far it is, to be cancelled and begun again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from types import TracebackType
from typing import Self

import msgspec
import sqlalchemy as sa
import structlog

from schemas.bulk import TaskProblem, TaskProgress, TaskRowView, TaskStatus
from schemas.errors import TidegateError
from schemas.values import Millis
from service.store import tasks
from service.store.store import Store
from service.store.tasks import StepRow, TaskRow

log = structlog.get_logger()

AT_ONCE = 2
"""Tasks."""
WIDTH = 4
"""Steps of one task, side by side."""
_TOLD_MS: Millis = 500
"""How often progress is kept and told."""
_PROBLEMS = 1_000


class Took(msgspec.Struct, frozen=True):
    """What became of a step."""

    outcome: str = "done"
    problem: str = ""
    """What went wrong; '' when nothing did."""


class Step(msgspec.Struct, frozen=True):
    subject: str
    take: Callable[[], Awaitable[Took]]
    """Taking it twice does nothing more."""
    key: str = ""
    """Tells it from all others of its task, whenever that is begun; '' takes the subject."""
    number: int = 0
    """Its place in what was given; 0 where it was found."""

    @property
    def name(self) -> str:
        return self.key or self.subject


Steps = AsyncIterator[Step]
Tell = Callable[[TaskRow], None]


class Bulk:
    """`owner` is this daemon: what it leaves behind when it dies is told apart by that."""

    def __init__(self, store: Store, *, owner: str, now: Callable[[], Millis], tell: Tell) -> None:
        self._store = store
        self._owner = owner
        self._now = now
        self._tell = tell
        self._room = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}

    async def recover(self) -> None:
        """Before the first start: what was under way when this daemon ended is interrupted."""
        count = await self._store.write(lambda c: tasks.interrupt(c, self._owner))
        if count:
            log.warning("tasks.interrupted", count=count)

    async def start(self, row: TaskRow, steps: Steps) -> TaskRow:
        """`row` is kept already. Its steps are taken once there is room."""
        waiting = await self._keep(row, "waiting", row.progress)
        task = asyncio.create_task(self._run(waiting, steps), name=f"task {row.id}")
        self._running[row.id] = task
        task.add_done_callback(lambda _: self._running.pop(row.id, None))
        return waiting

    def interrupt(self, id: str) -> None:
        """Stops it here, if it is here; what the store says of it has to be said before."""
        task = self._running.get(id)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """What is under way is interrupted, and can be begun again after the next start."""
        under_way = list(self._running.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if under_way:
            await self.recover()

    async def _run(self, row: TaskRow, steps: Steps) -> None:
        async with self._room:
            settled = await self._store.read(lambda c: tasks.settled(c, row.id))
            began = msgspec.structs.replace(
                row.progress, began=self._now(), done=0, failed=0, problems=()
            )
            async with _Course(self, await self._keep(row, "running", began), settled) as course:
                async for together in _batches(steps):
                    if not await course.take(together):
                        break

    async def _keep(self, row: TaskRow, status: TaskStatus, progress: TaskProgress) -> TaskRow:
        fresh = msgspec.structs.replace(row, status=status, owner=self._owner, progress=progress)
        await self._store.write(lambda c: tasks.update(c, row.id, status, self._owner, progress))
        self._tell(fresh)
        return fresh

    async def go_on(self, row: TaskRow, progress: TaskProgress, report: list[StepRow]) -> bool:
        """False: somebody, here or at another daemon, has cancelled it."""

        def work(c: sa.Connection) -> bool:
            tasks.report(c, row.id, report)
            if not tasks.is_running(c, row.id, self._owner):
                return False
            tasks.update(c, row.id, "running", self._owner, progress)
            return True

        goes_on = await self._store.write(work)
        if goes_on:
            self._tell(msgspec.structs.replace(row, progress=progress))
        return goes_on

    async def end(
        self, row: TaskRow, status: TaskStatus, progress: TaskProgress, report: list[StepRow]
    ) -> None:
        await self._store.write(lambda c: tasks.report(c, row.id, report))
        ended = msgspec.structs.replace(progress, ended=self._now())
        await self._keep(row, status, ended)

    def now(self) -> Millis:
        return self._now()


class _Course:
    """The run of one task, from its first step to its end."""

    def __init__(self, bulk: Bulk, row: TaskRow, settled: Collection[str]) -> None:
        self._bulk = bulk
        self._row = row
        self._settled = settled
        self._progress = row.progress
        self._report: list[StepRow] = []
        self._told = bulk.now()
        self._cancelled = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """A failure is the task's own; a cancellation goes on to whoever asked for it."""
        if self._cancelled or (error is not None and not isinstance(error, Exception)):
            return False
        if error is None:
            await self._bulk.end(self._row, "done", self._progress, self._report)
            return False
        log.error("task.failed", task=self._row.id, error=error)
        said = error.message if isinstance(error, TidegateError) else "See the node's log."
        failed = msgspec.structs.replace(self._progress, message=said)
        await self._bulk.end(self._row, "failed", failed, self._report)
        return True

    async def take(self, steps: list[Step]) -> bool:
        """False when the task was cancelled. Raises what one of them broke on, after all ended."""
        fresh = [step for step in steps if step.name not in self._settled]
        before = len(steps) - len(fresh)
        self._progress = msgspec.structs.replace(self._progress, done=self._progress.done + before)
        took = await asyncio.gather(*map(_taken, fresh), return_exceptions=True)
        for step, result in zip(fresh, took, strict=True):
            if isinstance(result, BaseException):
                raise result
            self._count(step, result)
        now = self._bulk.now()
        if now - self._told < _TOLD_MS:
            return True
        self._told = now
        self._cancelled = not await self._bulk.go_on(self._row, self._progress, self._report)
        self._report = []
        return not self._cancelled

    def _count(self, step: Step, took: Took) -> None:
        known, problem = self._progress, took.problem
        problems = known.problems
        if problem and len(problems) < _PROBLEMS:
            problems = (*problems, TaskProblem(step.subject, problem))
        self._progress = msgspec.structs.replace(
            known,
            done=known.done + 1,
            failed=known.failed + bool(problem),
            problems=problems,
        )
        outcome = "failed" if problem else took.outcome
        number = step.number or self._progress.done
        shown = TaskRowView(number, step.subject, outcome, problem)
        self._report.append(StepRow(step.name, shown))


async def _taken(step: Step) -> Took:
    try:
        return await step.take()
    except TidegateError as error:
        return Took(problem=f"{error.message} {error.remedy}".strip())


async def _batches(steps: Steps) -> AsyncIterator[list[Step]]:
    """One step alone first, so that what is wrong for all shows before many are taken."""
    batch: list[Step] = []
    width = 1
    async for step in steps:
        batch.append(step)
        if len(batch) >= width:
            yield batch
            batch, width = [], WIDTH
    if batch:
        yield batch
