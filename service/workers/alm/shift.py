"""Runs the jobs of ALM connections: those that are due by the calendar, and those asked for."""

import asyncio
from functools import partial

import msgspec
import sqlalchemy as sa
import structlog

from schemas.alm import AlmJobProgress
from schemas.errors import TidegateError
from service.store import alm
from service.store.alm import JobRow
from service.workers.alm.frequency import next_run
from service.workers.alm.job import Job, failure_of, result_of
from service.workers.alm.office import Office

log = structlog.get_logger()

LOOK_SECONDS = 1.0
AT_ONCE = 2
_TOLD_MS = 500
CLOCK = "clock"
"""Who asks for a job that is due by itself."""
_GONE = "The connection was deleted."


class Shift:
    """`ring` has it look at once. A connection has one job at a time: what would pile up is one."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._store = office.desk.store
        self._bell = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}

    def ring(self) -> None:
        self._bell.set()

    async def run(self) -> None:
        await self._store.write(lambda c: alm.give_back(c, self._office.owner))
        try:
            while True:
                self._bell.clear()
                await self.look()
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._bell.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def look(self) -> None:
        """Adds the jobs that are due, and takes up those that wait."""
        now = self._office.now()
        for id in await self._store.read(lambda c: alm.due(c, now)):
            await self._store.write(partial(self._add_due, id))
        for job in await self._store.read(alm.open_jobs):
            if len(self._running) >= AT_ONCE or job.id in self._running or job.owner:
                continue
            if await self._store.write(partial(alm.take_job, id=job.id, owner=self._office.owner)):
                task = asyncio.create_task(self._take(job), name=f"ALM job {job.id}")
                self._running[job.id] = task
                task.add_done_callback(partial(self._forget, job.id))

    def _forget(self, id: int, task: asyncio.Task[None]) -> None:
        self._running.pop(id, None)
        self._bell.set()

    def _add_due(self, id: int, c: sa.Connection) -> None:
        """Missed times, over a stop or a long job, are one job."""
        now = self._office.now()
        row = alm.connection(c, self._store.vault, id)
        if row is None or row.due is None or row.due > now:
            return
        alm.set_due(c, id, next_run(row.frequency, now, self._office.zone))
        if any(job.connection == id for job in alm.open_jobs(c)):
            return
        alm.add_job(c, JobRow(
            id=0, connection=id, user=CLOCK, automatic=True, ready=False, succeeded=False,
            message="", created=now, ended=None, owner="", progress=AlmJobProgress(),
        ))  # fmt: skip

    async def _take(self, job: JobRow) -> None:
        row = await self._office.connection(job.connection)
        connector = await self._office.connector(row.connector) if row else None
        if row is None or connector is None:
            await self._end(job, AlmJobProgress(), message=_GONE, succeeded=False)
            return
        keeper = _Keeper(self._office, job)
        work = Job(self._office, row, connector, job, keeper.tell)
        error = await _ended(work)
        progress = work.progress
        if error is None:
            said, succeeded = result_of(progress), not progress.failed
        elif isinstance(error, TidegateError):
            said, succeeded = failure_of(error), False
        else:
            log.error("alm.job_broken", job=job.id, error=error)
            said, succeeded = "An unexpected error; the node's log has it.", False
        tell = log.info if succeeded else log.warning
        detail = msgspec.structs.asdict(progress) if row.debug_mode else {}
        tell("alm.job_over", job=job.id, connection=row.id, error=error, **detail)
        await self._end(job, progress, message=said, succeeded=succeeded)

    async def _end(
        self, job: JobRow, progress: AlmJobProgress, *, message: str, succeeded: bool
    ) -> None:
        over = msgspec.structs.replace(
            job, ready=True, succeeded=succeeded, message=message, progress=progress,
            ended=self._office.now(), owner=self._office.owner,
        )  # fmt: skip
        await self._store.write(lambda c: alm.update_job(c, over))


class _Keeper:
    """Keeps how far a job is, not oftener than people look."""

    def __init__(self, office: Office, job: JobRow) -> None:
        self._office = office
        self._job = job
        self._kept = 0
        self.progress = AlmJobProgress()

    async def tell(self, progress: AlmJobProgress) -> None:
        self.progress = progress
        now = self._office.now()
        if now - self._kept < _TOLD_MS:
            return
        self._kept = now
        row = msgspec.structs.replace(self._job, progress=progress, owner=self._office.owner)
        await self._office.desk.store.write(lambda c: alm.update_job(c, row))


async def _ended(work: Job) -> BaseException | None:
    """What a job ended with, in a task of its own: its end is no other's."""
    task = asyncio.create_task(work.run())
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        raise
    return _first(task.exception())


def _first(error: BaseException | None) -> BaseException | None:
    """Of what several tasks raised at once."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
