"""One job of an ALM connection: every task that is new, changed or left, brought in step.

The engine does the work; here it is decided which twins it is to look at. What a page of the list
shows as it was when its twin was last reconciled costs nothing more. A job that was killed is begun
again: what it had done is found done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
import sqlalchemy as sa
import structlog

from adapters.sd_elements.survey import SurveyedTask
from schemas.alm import AlmJobProgress
from schemas.errors import Fault, InputError, TidegateError
from schemas.events import IssueChanged
from service.store import cursors, parked, twins
from service.store.alm import ConnectionRow, ConnectorRow
from service.store.twin_records import TwinKey, TwinRow
from service.workers.alm import params
from service.workers.alm.bringing import Bringing, Sleep
from service.workers.alm.ends import Ends
from service.workers.alm.office import Office, surveyed, system_of, together
from service.workers.alm.params import Settings
from service.workers.alm.rules import LEFT, Names
from service.workers.alm.scope import Facts
from service.workers.parking import resume
from service.workers.roster import LiveConnection, OpenConnector

log = structlog.get_logger()

AT_ONCE = 8
_PAGE = 1_000
_CURSOR = "alm"
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
        self.progress = AlmJobProgress()

    async def run(self) -> None:
        """Raises what keeps the whole job from running; one task's failure is its own."""
        await self._take_settings()
        here, there = self._ends()
        reopened = await self._reopen(here, there)
        known = await self._twins(here)
        changed = await self._changed_issues(there)
        plan = await self._plan(here, known)
        rung = reopened | {key.twin for key in changed.twins.values()}
        waiting = {TwinKey(here.record.id, twin) for twin in rung} | set(plan.again)
        unchanged = sum(
            1 for row in known.values() if TwinKey(row.connection, row.twin) not in waiting
        )
        self._note(due=len(plan.new) + len(waiting), again=len(waiting), unchanged=unchanged)
        await self._tell(self.progress)
        bringing = Bringing(self._desk, here, there, self._opened(there), self._sleep)
        async with asyncio.TaskGroup() as tasks:
            for task in plan.new:
                tasks.create_task(self._begin(task, bringing))
            for key in sorted(waiting):
                tasks.create_task(self._again(key, bringing, rung=key.twin in rung))
        for task in plan.new:
            self._note(created=await bringing.is_made(task))
        await self._problems(here, there)
        # Only now: a job that was killed before has to hear of these issues again.
        await self._keep(there, changed.cursor)
        await self._tell(self.progress)

    async def _take_settings(self) -> None:
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
        changed = await self._desk.store.write(
            lambda c: ends.write_rules(
                c, here.record.id, there.record.id, self._settings, names, phases
            )
        )
        if changed:
            await self._desk.changed()

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

    async def _twins(self, here: LiveConnection) -> dict[str, TwinRow]:
        """By the task's id."""
        found: dict[str, TwinRow] = {}
        after: TwinKey | None = None
        while True:
            rows = await self._desk.store.read(
                partial(twins.page, connection=here.record.id, after=after, limit=_PAGE)
            )
            found |= {row.state.issue.id: row for row in rows if row.state.issue is not None}
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

    async def _changed_issues(self, there: LiveConnection) -> "_Changes":
        """What people did in the tracker since the last job, as far as it is under sync."""
        opened = self._opened(there)
        store, id = self._desk.store, there.record.connector
        cursor = await store.read(lambda c: cursors.get(c, id, _CURSOR))
        events: list[IssueChanged] = []
        complete = False
        while not complete:
            page = await opened.tracker.changed_since(cursor, (there.record.settings.project,))
            events += page.changes
            cursor, complete = page.cursor, page.complete
        found = await store.read(
            lambda c: twins.by_issues(c, id, sorted({event.issue for event in events}))
        )
        by_issue = {
            word: TwinKey(each.connection, each.twin)
            for each in found
            if each.connection == there.record.id and not each.stopped
            for word in (each.issue_id, each.issue_key)
        }
        fresh = [event for event in events if await self._is_fresh(event, by_issue, there)]
        kept = {event.issue: by_issue[event.issue] for event in fresh}
        return _Changes(tuple(fresh), kept, cursor or "")

    async def _is_fresh(
        self, event: IssueChanged, known: dict[str, TwinKey], there: LiveConnection
    ) -> bool:
        """Not what the twin held when it was last reconciled: our own writes come back here."""
        key = known.get(event.issue)
        if key is None:
            return False
        row = await self._desk.store.read(lambda c: twins.get(c, key.connection, key.twin))
        if row is None or event.version is None or event.version != row.state.local_version:
            return row is not None
        able = self._opened(there).tracker.capabilities
        # Where versions are but seconds, more may have happened in that very one.
        return not able.version_exact and row.reconciled_at < event.version + able.time_precision_ms

    async def _keep(self, there: LiveConnection, cursor: str) -> None:
        id, now = there.record.connector, self._desk.now()
        await self._desk.store.write(lambda c: cursors.put(c, id, _CURSOR, cursor, now))

    async def _begin(self, task: SurveyedTask, bringing: Bringing) -> None:
        async with self._room:
            await bringing.begin(task, self._settings.references)
            self._note(done=1)
            await self._tell(self.progress)

    async def _again(self, key: TwinKey, bringing: Bringing, *, rung: bool) -> None:
        async with self._room:
            await bringing.again(key, rung=rung)
            self._note(done=1)
            await self._tell(self.progress)

    # What came of it

    async def _problems(self, here: LiveConnection, there: LiveConnection) -> None:
        """Of both ends: what is parked, and what will be tried again."""

        def work(c: sa.Connection) -> list[str]:
            told = []
            for end in (here, there):
                for entry in parked.page(c, connection=end.record.id, limit=_PAGE):
                    row = twins.get(c, entry.connection, entry.twin)
                    task = row.state.replica.key if row and end is there else entry.issue
                    told.append(f"{task}: {entry.message} {entry.remedy}".strip())
            return told

        told = await self._desk.store.read(work)
        waiting = await self._waiting(here, there)
        found = (*told, *waiting)
        self.progress = msgspec.structs.replace(
            self.progress, failed=len(found), problems=tuple(found[:_PROBLEMS])
        )

    async def _waiting(self, *ends: LiveConnection) -> list[str]:
        found = []
        for end in ends:
            rows = await self._desk.store.read(
                partial(twins.page, connection=end.record.id, after=None, limit=100_000)
            )
            found += [
                f"{row.state.issue.key if row.state.issue else row.state.replica.key}: it is tried"
                " again later."
                for row in rows
                if row.attempts and not row.parked and not row.stopped
            ]
        return found

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


class _Changes(msgspec.Struct, frozen=True):
    events: tuple[IssueChanged, ...]
    twins: dict[str, TwinKey]
    """At the tracker's end, by issue."""
    cursor: str


def result_of(progress: AlmJobProgress) -> str:
    """For people, as SD Elements shows it beside a connection."""
    words = (
        f"{progress.in_scope} of {progress.tasks} tasks in scope: {progress.created} new,"
        f" {progress.again} looked at again, {progress.unchanged} unchanged"
    )
    left = f", {progress.left} left the scope" if progress.left else ""
    if not progress.failed:
        return f"{words}{left}."
    return f"{words}{left}. {progress.failed} failed: {' '.join(progress.problems)}"


def failure_of(error: TidegateError) -> str:
    return f"{error.message} {error.remedy}".strip()


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
