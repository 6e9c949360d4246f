"""One job of an ALM connection: every task that is new, changed or left, brought in step.

The engine does the work; here it is decided which twins it is to look at. What a page of the list
shows as it was when its twin was last reconciled costs nothing more. A job that was killed is begun
again: what it had done is found done.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
import sqlalchemy as sa
import structlog

from adapters.sd_elements.survey import SurveyedTask
from schemas.alm import AlmJobProgress
from schemas.errors import Fault, InputError, TidegateError
from service.store import parked, twins
from service.store.alm import ConnectionRow, ConnectorRow, JobRow
from service.store.twin_records import TwinKey, TwinRow
from service.workers.alm import params
from service.workers.alm.bringing import Bringing, Sleep
from service.workers.alm.changes import ChangedIssues
from service.workers.alm.ends import Ends
from service.workers.alm.existing import Existing
from service.workers.alm.office import Office, surveyed, system_of, together
from service.workers.alm.own_fields import resolved
from service.workers.alm.params import Settings
from service.workers.alm.rules import LEFT, Names, fields_of
from service.workers.alm.scope import Facts
from service.workers.parking import resume
from service.workers.roster import LiveConnection, OpenConnector
from service.workers.triggers import twin_id

log = structlog.get_logger()

AT_ONCE = 8
_PAGE = 1_000
_PROBLEMS = 50

Tell = Callable[[AlmJobProgress], Awaitable[None]]


class Plan(msgspec.Struct, frozen=True):
    new: tuple[SurveyedTask, ...]
    again: tuple[TwinKey, ...]
    """At SD Elements' end."""


class Job:
    """`tell` keeps how far it is."""

    def __init__(
        self,
        office: Office,
        row: ConnectionRow,
        connector: ConnectorRow,
        job: JobRow,
        tell: Tell,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._office = office
        self._desk = office.desk
        self._row = row
        self._settings: Settings = params.settings_of(
            system_of(connector), together(connector, row)
        )
        self._tell = tell
        self._room = asyncio.Semaphore(AT_ONCE)
        self._job = job
        self._set: frozenset[str] = frozenset()
        """Fields that the params set in each issue."""
        self.progress = AlmJobProgress(interrupted=job.progress.interrupted)

    async def run(self) -> None:
        """Raises what keeps the whole job from running; one task's failure is its own."""
        names = await self._take_settings()
        here, there = self._ends()
        tracker = self._opened(there)
        reopened = await self._reopen(here, there)
        known = {row.state.issue.id: row for row in await self._twins(here) if row.state.issue}
        changes = ChangedIssues(self._desk, there, tracker)
        changed = await changes.since_the_last_job()
        plan = await self._plan(here, known)
        rung = reopened | {key.twin for key in changed.twins.values()}
        waiting = {TwinKey(here.record.id, twin) for twin in rung} | set(plan.again)
        begun = self._begun(known)
        rest = {row.twin for row in known.values()} - begun - {key.twin for key in waiting}
        self._note(
            due=len(plan.new) + len(waiting),
            again=sum(1 for key in waiting if key.twin not in begun),
            unchanged=len(rest),
        )
        await self._tell(self.progress)
        bringing = Bringing(self._desk, here, there, tracker, self._sleep)
        existing = Existing(
            tracker.tracker, there.record.settings.project, self._settings, names, self._sleep
        )
        size = existing.at_once(len(plan.new), AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for at in range(0, len(plan.new), size):
                tasks.create_task(self._begin(plan.new[at : at + size], existing, bringing))
            for key in sorted(waiting):
                tasks.create_task(self._again(key, bringing, rung=key.twin in rung))
        fresh = begun | {twin_id(here, task.ref.id) for task in plan.new}
        rows = [*await self._twins(here), *await self._twins(there)]
        made = {r.twin for r in rows if r.connection == there.record.id and r.state.issue}
        self._note(created=len(fresh & made))
        await self._problems(here, there, rows)
        # Only now: a job that was killed before has to hear of these issues again.
        await changes.keep(changed.cursor)
        await self._tell(self.progress)

    def _begun(self, known: dict[str, TwinRow]) -> set[str]:
        """Twins of tasks that were new to this very job, before it was interrupted."""
        if not self._job.progress.interrupted:
            return set()
        return {row.twin for row in known.values() if row.created >= self._job.created}

    async def _take_settings(self) -> Names:
        """Names and phases are SD Elements' own, and may have changed since the last job."""
        tracker = surveyed(self._office.sd_elements())
        project = await tracker.survey.project(self._row.project)
        phases = dict(await tracker.survey.phases())
        unknown = sorted(self._settings.scope.phases - phases.keys())
        if unknown and not self._settings.scope.selected:
            raise InputError(
                f"SD Elements has no phase {', '.join(unknown)}.",
                field="alm_phases",
                remedy=f"Choose among: {', '.join(sorted(phases))}.",
            )
        names = Names(project.name, project.application, project.business_unit)
        here, there = self._ends()
        ends = Ends(self._office)
        settings = await resolved(
            self._desk.worker.known,
            self._opened(there),
            there.record.settings.project,
            self._settings,
            names,
        )
        changed = await self._desk.store.write(
            lambda c: ends.write_rules(c, here.record.id, there.record.id, settings, names, phases)
        )
        if changed:
            await self._desk.changed()
        self._set = frozenset(n.removeprefix("own_") for n in fields_of(settings, names))
        return names

    def _ends(self) -> tuple[LiveConnection, LiveConnection]:
        here = self._office.end(self._row)
        there = self._desk.roster.connections.get(here.record.counterpart) if here else None
        if here is None or there is None:
            raise InputError("The connection has lost its ends.", status=409)
        if here.record.status != "active":
            raise InputError(
                f"The connection is {here.record.status}.",
                status=409,
                remedy=f"Resume it: tidegate connection resume {here.record.name}",
            )
        return here, there

    async def _reopen(self, here: LiveConnection, there: LiveConnection) -> set[str]:
        """What failed before is tried again in each job; a conflict waits for a person's word."""
        owner, now = self._office.owner, self._desk.now()

        def work(c: sa.Connection) -> set[str]:
            found: set[str] = set()
            for end in (here, there):
                for entry in parked.page(c, connection=end.record.id, limit=100_000):
                    key = TwinKey(entry.connection, entry.twin)
                    tried = entry.fault != Fault.UNDECIDED
                    if tried and resume(c, key, "", owner=owner, now=now):
                        found.add(entry.twin)
            return found

        return await self._desk.store.write(work)

    async def _twins(self, end: LiveConnection) -> list[TwinRow]:
        found: list[TwinRow] = []
        after: TwinKey | None = None
        while True:
            rows = await self._desk.store.read(
                partial(twins.page, connection=end.record.id, after=after, limit=_PAGE)
            )
            found += rows
            if len(rows) < _PAGE:
                return found
            after = TwinKey(rows[-1].connection, rows[-1].twin)

    # What is to be looked at

    async def _plan(self, here: LiveConnection, known: dict[str, TwinRow]) -> Plan:
        tracker = surveyed(self._office.sd_elements())
        new: list[SurveyedTask] = []
        again: list[TwinKey] = []
        unseen = dict(known)
        async for page in tracker.survey.tasks(self._row.project):
            for task in page:
                row = unseen.pop(task.ref.id, None)
                inside = self._settings.scope.holds(_facts(task))
                self._note(tasks=1, in_scope=inside)
                if row is None:
                    if self._settings.scope.creates(_facts(task)):
                        new.append(task)
                elif self._is_news(task, row, here, inside=inside):
                    again.append(TwinKey(row.connection, row.twin))
                    self._note(left=not inside and not _has_left(row))
            await self._tell(self.progress)
        # Not in the list proves nothing: the task itself tells whether it was taken out.
        for row in unseen.values():
            if not row.stopped and not _has_left(row):
                again.append(TwinKey(row.connection, row.twin))
                self._note(left=1)
        return Plan(tuple(new), tuple(again))

    def _is_news(
        self, task: SurveyedTask, row: TwinRow, here: LiveConnection, *, inside: bool
    ) -> bool:
        twin = row.state
        if row.stopped:
            return False
        noted = sum(1 for trace in twin.comments if trace.local_id and not trace.removed)
        return (
            task.updated != twin.local_version
            or task.notes != noted
            or twin.rules_version != here.rules.version
            or row.due_at is not None
            or row.incoming is not None
            or inside is _has_left(row)
        )

    async def _begin(
        self, tasks: tuple[SurveyedTask, ...], existing: Existing, bringing: Bringing
    ) -> None:
        async with self._room:
            found = await existing.of(tasks)
            for task in tasks:
                await bringing.begin(task, found.get(task.ref.id))
                self._note(done=1)
                await self._tell(self.progress)

    async def _again(self, key: TwinKey, bringing: Bringing, *, rung: bool) -> None:
        async with self._room:
            await bringing.again(key, rung=rung)
            self._note(done=1)
            await self._tell(self.progress)

    # What came of it

    async def _problems(
        self, here: LiveConnection, there: LiveConnection, rows: list[TwinRow]
    ) -> None:
        """Of both ends: what is parked, what will be tried again, and what could not be set."""

        def work(c: sa.Connection) -> list[str]:
            told = []
            for end in (here, there):
                for entry in parked.page(c, connection=end.record.id, limit=_PAGE):
                    row = twins.get(c, entry.connection, entry.twin)
                    task = row.state.replica.key if row and end is there else entry.issue
                    told.append(f"{task}: {entry.message} {entry.remedy}".strip())
            return told

        told = await self._desk.store.read(work)
        found = (*told, *_waiting(rows), *_unset(rows, self._set))
        self.progress = msgspec.structs.replace(
            self.progress, failed=len(found), problems=tuple(found[:_PROBLEMS])
        )

    def _opened(self, live: LiveConnection) -> OpenConnector:
        opened = self._desk.roster.connectors.get(live.record.connector)
        if opened is None:
            raise InputError(
                "The tracker's connector cannot be opened.",
                status=409,
                remedy="Look at the node's log for connector.unusable, and correct the params.",
            )
        return opened

    def _note(self, **more: int) -> None:
        """Adds to what was counted."""
        now = self.progress
        self.progress = msgspec.structs.replace(
            now, **{name: getattr(now, name) + int(value) for name, value in more.items()}
        )


def result_of(progress: AlmJobProgress) -> str:
    """For people, as SD Elements shows it beside a connection."""
    words = (
        f"{progress.in_scope} of {progress.tasks} tasks in scope: {progress.created} new,"
        f" {progress.again} looked at again, {progress.unchanged} unchanged"
    )
    left = f", {progress.left} left the scope" if progress.left else ""
    told = [f"{words}{left}."]
    if progress.interrupted:
        times = "once" if progress.interrupted == 1 else f"{progress.interrupted} times"
        told.append(f"The node stopped meanwhile ({times}); the job went on where it was.")
    if progress.failed:
        told.append(f"{progress.failed} failed: {' '.join(progress.problems)}")
    return " ".join(told)


def failure_of(error: TidegateError) -> str:
    return f"{error.message} {error.remedy}".strip()


def _waiting(rows: list[TwinRow]) -> list[str]:
    return [
        f"{row.state.issue.key if row.state.issue else row.state.replica.key}: it is tried again"
        " later."
        for row in rows
        if row.attempts and not row.parked and not row.stopped
    ]


def _unset(rows: list[TwinRow], fields: frozenset[str]) -> list[str]:
    """Each reason once, however many issues lack the value."""
    lost = Counter(
        f"{loss.field}: {loss.reason}"
        for row in rows
        for loss in row.state.losses
        if loss.field in fields
    )
    return [f"{why} ({count} issues)" if count > 1 else why for why, count in lost.items()]


def _has_left(row: TwinRow) -> bool:
    return row.state.sent.get("status") == LEFT


def _facts(task: SurveyedTask) -> Facts:
    return Facts(
        short=task.short,
        phase=task.phase,
        priority=task.priority,
        tags=task.tags,
        verification=task.verification,
        meaning=task.meaning,
    )
