"""Bulk work over the API: begun, looked at, cancelled, begun again."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from schemas.api import Page
from schemas.bulk import (
    TaskDetail,
    TaskProgress,
    TaskQuery,
    TaskRowsQuery,
    TaskRowView,
    TaskStart,
    TaskView,
)
from schemas.errors import InputError
from schemas.pairs_api import PairAgainBody, PairClaim
from schemas.twin_api import SyncBody
from service.store import tasks, twins
from service.store.tasks import TaskRow
from service.store.twin_records import TwinKey
from service.workers.bulk import Bulk, Step, Steps, Took
from service.workers.operations.desk import Desk
from service.workers.operations.errors import ErrorOperations
from service.workers.operations.pairs import PairOperations
from service.workers.operations.triggers import TriggerOperations
from service.workers.operations.twins import TwinOperations

_AGAIN = ("interrupted", "cancelled", "failed", "done")


class Work:
    """What a task does, as steps."""

    def __init__(
        self,
        desk: Desk,
        twins: TwinOperations,
        errors: ErrorOperations,
        pairs: PairOperations,
        triggers: TriggerOperations,
    ) -> None:
        self.desk = desk
        self._twins = twins
        self._errors = errors
        self._pairs = pairs
        self._triggers = triggers

    def check(self, start: TaskStart) -> None:
        """Raises `InputError` when something is missing or not there."""
        if start.connection:
            self.desk.connection(start.connection)
        elif start.kind not in ("retry", "ignore"):
            raise _missing("connection", "This kind of task is for one connection.")
        if start.trigger and (start.issues or start.kind not in ("sync", "stop")):
            raise _missing("trigger", "A trigger stands for the issues of `sync` and `stop`.")
        if start.kind == "stop" and not start.issues and not start.trigger:
            raise _missing("issues", "Name the issues whose sync is to end.")
        alm = (
            start.kind == "clean_up" and self.desk.connection(start.connection).record.type == "alm"
        )
        if alm:
            raise _missing("connection", "The pairs of an ALM connection end with its tasks.")
        if start.kind == "pair" and not start.pairs:
            raise _missing("pairs", "Name the pairs.")

    def _is_alm(self, connection: str) -> bool:
        return self.desk.connection(connection).record.type == "alm"

    async def of(self, start: TaskStart, *, again: bool = False) -> tuple[int | None, Steps]:
        """How many steps there are, where that is known before, and the steps. `again`: some may
        have been taken."""
        if start.trigger:
            chosen = await self._triggers.chosen(start.connection, start.trigger, start.confirmed)
            act = self._sync if start.kind == "sync" else self._stop
            return len(chosen), _each(act(start, issue) for issue in chosen)
        match start.kind:
            case "sync" if not start.issues:
                return None, self._whole_project(start.connection)
            case "sync":
                return len(start.issues), _each(self._sync(start, i) for i in start.issues)
            case "stop":
                return len(start.issues), _each(self._stop(start, i) for i in start.issues)
            case "pair":
                return len(start.pairs), _each(self._all_pairs(start))
            case "recheck":
                ends = self._ends(start.connection)
                counts = [await self._twins.count(end) for end in ends]
                return sum(counts), self._under_sync(ends)
            case "clean_up" if start.issues:
                return len(start.issues), _each(self._clean_named(start, i) for i in start.issues)
            case "clean_up":
                known = [key async for key in self._twins.keys(start.connection)]
                if not again:
                    _confirm(start, len(known))
                return len(known), _each(self._clean(start, key) for key in known)
        keys = await self._errors.chosen(start.connection, start.fault)
        parked = self._retry if start.kind == "retry" else self._ignore
        return len(keys), _each(parked(key) for key in keys)

    async def _whole_project(self, connection: str) -> Steps:
        record = self.desk.connection(connection).record
        tracker = self.desk.roster.connectors[record.connector].tracker
        start = TaskStart("sync", connection)
        async for found in tracker.all_issues((record.settings.project,)):
            yield self._sync(start, found.issue)

    def _ends(self, connection: str) -> list[str]:
        """Of a local connection both."""
        roster = self.desk.roster
        other = roster.connections.get(self.desk.connection(connection).record.counterpart)
        return [connection, *([other.record.name] if other else [])]

    async def _under_sync(self, ends: list[str]) -> Steps:
        for end in ends:
            async for key in self._twins.keys(end):
                yield self._recheck(key)

    def _recheck(self, key: TwinKey) -> Step:
        async def take() -> Took:
            return Took("rang" if await self._twins.recheck(key) else "stopped")

        return Step(key.twin, take, key=f"{key.connection} {key.twin}")

    def _sync(self, start: TaskStart, issue: str) -> Step:
        async def take() -> Took:
            answer = await self._twins.sync(SyncBody(issue, start.connection))
            return Took("began" if any(each.began for each in answer.twins) else "rang")

        return Step(issue, take)

    def _stop(self, start: TaskStart, issue: str) -> Step:
        async def take() -> Took:
            record = self.desk.connection(start.connection).record
            found = await self.desk.store.read(lambda c: twins.by_issue(c, record.connector, issue))
            own = [each for each in found if each.connection == record.id]
            for each in own:
                await self._twins.stop(start.connection, each.twin)
            return Took("stopped", "" if own else "It is not under sync.")

        return Step(issue, take)

    def _clean(self, start: TaskStart, key: TwinKey) -> Step:
        return Step(key.twin, lambda: self._cleaned(start, [key]))

    def _clean_named(self, start: TaskStart, issue: str) -> Step:
        async def take() -> Took:
            record = self.desk.connection(start.connection).record
            tracker = self.desk.roster.connectors[record.connector].tracker
            own = await self._twins.of_issue(record, issue)
            own = own or await self._twins.of_issue(record, (await tracker.resolve(issue)).id)
            return await self._cleaned(start, own) if own else Took(problem="It is in no pair.")

        return Step(issue, take)

    async def _cleaned(self, start: TaskStart, keys: list[TwinKey]) -> Took:
        status = None
        for key in keys:
            status = await self._twins.status(key)
            if status is not None and not start.dry_run:
                await self._twins.clean_up(start.connection, key.twin)
        return Took((status or "cleaned") if start.dry_run else "cleaned")

    def _all_pairs(self, start: TaskStart) -> Iterable[Step]:
        """Each issue stands in one pair: a row that names one again is told, and makes none."""
        seen: dict[tuple[str, str], int] = {}
        for number, pair in enumerate(start.pairs, 1):
            ends = (("local", pair.local_id), ("remote", pair.remote_id))
            before = next((seen[end] for end in ends if end in seen), 0)
            if before:
                yield _repeated(pair, number, before)
                continue
            seen.update(dict.fromkeys(ends, number))
            yield self._pair(start, pair, number)

    def _pair(self, start: TaskStart, pair: PairClaim, number: int) -> Step:
        async def take() -> Took:
            body = PairAgainBody((pair,), start.dry_run)
            (row,) = (await self._pairs.again(start.connection, body)).rows
            if row.outcome in ("paired", "already"):
                return Took(row.outcome)
            return Took(problem=row.detail or row.outcome)

        return Step(_named(pair), take, key=str(number), number=number)

    def _retry(self, key: TwinKey) -> Step:
        async def take() -> Took:
            return Took(problem="" if await self._errors.retry_these([key]) else _NOT_PARKED)

        return Step(key.twin, take)

    def _ignore(self, key: TwinKey) -> Step:
        async def take() -> Took:
            return Took(problem="" if await self._errors.ignore_these([key]) else _NOT_PARKED)

        return Step(key.twin, take)


_NOT_PARKED = "It is parked no more, or a worker has not yet let go of it."


def _confirm(start: TaskStart, count: int) -> None:
    if start.dry_run or start.confirmed == count:
        return
    raise InputError(
        f"{count} pairs of {start.connection!r} would be forgotten on both sides.",
        field="confirmed",
        status=409,
        remedy=f"Keep a list of them (tidegate connection pairs), then confirm {count}.",
    )


def _named(pair: PairClaim) -> str:
    return f"{pair.local_id} - {pair.remote_id}"


def _repeated(pair: PairClaim, number: int, before: int) -> Step:
    async def take() -> Took:
        return Took(problem=f"Row {before} names one of these issues already.")

    return Step(_named(pair), take, key=str(number), number=number)


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

    async def rows(self, id: str, query: TaskRowsQuery) -> Page[TaskRowView]:
        """What became of each step, in the order of the rows that were given."""
        await self._row(id)

        def work(c: sa.Connection) -> Page[TaskRowView]:
            shown = tasks.rows(c, id, query.outcome, offset=query.offset, limit=query.page_size)
            return Page(tasks.count_rows(c, id, query.outcome), tuple(shown))

        return await self._store.read(work)

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
        """What was done before is passed over; what failed is tried again."""
        row = await self._row(id)
        if row.status not in _AGAIN:
            raise _not_now(row, "begun again")
        self._work.check(row.work)
        total, steps = await self._work.of(row.work, again=True)
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
