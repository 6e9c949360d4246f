"""Bulk work over the API: begun, looked at, cancelled, begun again."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from schemas.api import Page, PairAgainBody, PairClaim, SyncBody
from schemas.bulk import TaskDetail, TaskProgress, TaskQuery, TaskStart, TaskView
from schemas.errors import InputError
from service.store import tasks, twins
from service.store.tasks import TaskRow
from service.store.twin_records import TwinKey
from service.workers.bulk import Bulk, Step, Steps
from service.workers.operations.desk import Desk
from service.workers.operations.errors import ErrorOperations
from service.workers.operations.pairs import PairOperations
from service.workers.operations.twins import TwinOperations

_AGAIN = ("interrupted", "cancelled", "failed")


class Work:
    """What a task does, as steps."""

    def __init__(
        self, desk: Desk, twins: TwinOperations, errors: ErrorOperations, pairs: PairOperations
    ) -> None:
        self.desk = desk
        self._twins = twins
        self._errors = errors
        self._pairs = pairs

    def check(self, start: TaskStart) -> None:
        """Raises `InputError` when something is missing or not there."""
        if start.connection:
            self.desk.connection(start.connection)
        elif start.kind not in ("retry", "ignore"):
            raise _missing("connection", "This kind of task is for one connection.")
        if start.kind == "stop" and not start.issues:
            raise _missing("issues", "Name the issues whose sync is to end.")
        if start.kind == "pair" and not start.pairs:
            raise _missing("pairs", "Name the pairs.")

    async def of(self, start: TaskStart) -> tuple[int | None, Steps]:
        """How many steps there are, where that is known before, and the steps."""
        match start.kind:
            case "sync" if not start.issues:
                return None, self._whole_project(start.connection)
            case "sync":
                return len(start.issues), _each(self._sync(start, i) for i in start.issues)
            case "stop":
                return len(start.issues), _each(self._stop(start, i) for i in start.issues)
            case "pair":
                return len(start.pairs), _each(self._pair(start, p) for p in start.pairs)
        keys = await self._errors.chosen(start.connection, start.fault)
        act = self._retry if start.kind == "retry" else self._ignore
        return len(keys), _each(act(key) for key in keys)

    async def _whole_project(self, connection: str) -> Steps:
        record = self.desk.connection(connection).record
        tracker = self.desk.roster.connectors[record.connector].tracker
        start = TaskStart("sync", connection)
        async for found in tracker.all_issues((record.settings.project,)):
            yield self._sync(start, found.issue)

    def _sync(self, start: TaskStart, issue: str) -> Step:
        async def take() -> str:
            await self._twins.sync(SyncBody(issue, start.connection))
            return ""

        return Step(issue, take)

    def _stop(self, start: TaskStart, issue: str) -> Step:
        async def take() -> str:
            record = self.desk.connection(start.connection).record
            found = await self.desk.store.read(lambda c: twins.by_issue(c, record.connector, issue))
            own = [each for each in found if each.connection == record.id]
            for each in own:
                await self._twins.stop(start.connection, each.twin)
            return "" if own else "It is not under sync."

        return Step(issue, take)

    def _pair(self, start: TaskStart, pair: PairClaim) -> Step:
        async def take() -> str:
            (row,) = (await self._pairs.again(start.connection, PairAgainBody((pair,)))).rows
            return "" if row.outcome in ("paired", "already") else row.detail or row.outcome

        return Step(f"{pair.local_id} - {pair.remote_id}", take)

    def _retry(self, key: TwinKey) -> Step:
        async def take() -> str:
            return "" if await self._errors.retry_these([key]) else _NOT_PARKED

        return Step(key.twin, take)

    def _ignore(self, key: TwinKey) -> Step:
        async def take() -> str:
            return "" if await self._errors.ignore_these([key]) else _NOT_PARKED

        return Step(key.twin, take)


_NOT_PARKED = "It is parked no more, or a worker has not yet let go of it."


class TaskOperations:
    def __init__(self, bulk: Bulk, work: Work) -> None:
        self._bulk = bulk
        self._work = work
        self._store = work.desk.store

    async def start(self, body: TaskStart, by: str) -> TaskView:
        self._work.check(body)
        desk = self._work.desk
        total, steps = await self._work.of(body)
        progress = TaskProgress(by, total)
        row = TaskRow(desk.new_id(), desk.now(), "waiting", "", body, progress)
        await self._store.write(lambda c: tasks.add(c, row))
        return view(await self._bulk.start(row, steps))

    async def page(self, query: TaskQuery, only: frozenset[str] | None) -> Page[TaskView]:
        status = query.status or ""

        def work(c: sa.Connection) -> Page[TaskView]:
            if only is not None:
                every = tasks.page(c, status, offset=0, limit=tasks.KEPT)
                found = [row for row in every if row.work.connection in only]
                shown = found[query.offset : query.offset + query.page_size]
                return Page(len(found), tuple(map(view, shown)))
            rows = tasks.page(c, status, offset=query.offset, limit=query.page_size)
            return Page(tasks.count(c, status), tuple(map(view, rows)))

        return await self._store.read(work)

    async def one(self, id: str) -> TaskDetail:
        row = await self._row(id)
        return TaskDetail(**msgspec.structs.asdict(view(row)), problems=row.progress.problems)

    async def cancel(self, id: str) -> TaskView:
        """What was done stays done."""
        row = await self._row(id)
        if row.status not in ("waiting", "running"):
            raise _not_now(row, "cancelled")
        ended = msgspec.structs.replace(row.progress, ended=self._work.desk.now())
        await self._store.write(lambda c: tasks.update(c, id, "cancelled", row.owner, ended))
        self._bulk.interrupt(id)
        return view(await self._row(id))

    async def resume(self, id: str) -> TaskView:
        """From its beginning: what was done before is found done, and not doubled."""
        row = await self._row(id)
        if row.status not in _AGAIN:
            raise _not_now(row, "begun again")
        self._work.check(row.work)
        total, steps = await self._work.of(row.work)
        progress = TaskProgress(row.progress.created_by, total)
        return view(await self._bulk.start(msgspec.structs.replace(row, progress=progress), steps))

    async def _row(self, id: str) -> TaskRow:
        row = await self._store.read(lambda c: tasks.get(c, id))
        if row is None:
            raise InputError(f"There is no task {id!r}.", status=404, remedy="List the tasks.")
        return row


def view(row: TaskRow) -> TaskView:
    progress = row.progress
    return TaskView(
        id=row.id,
        kind=row.work.kind,
        connection=row.work.connection,
        status=row.status,
        created=row.created,
        created_by=progress.created_by,
        total=progress.total,
        done=progress.done,
        failed=progress.failed,
        began=progress.began,
        ended=progress.ended,
        message=progress.message,
    )


async def _each(steps: Iterable[Step]) -> Steps:
    for step in steps:
        yield step


def _missing(field: str, what: str) -> InputError:
    return InputError(what, field=field)


def _not_now(row: TaskRow, what: str) -> InputError:
    return InputError(
        f"A task that is {row.status} cannot be {what}.", status=409, remedy="Look at it again."
    )
