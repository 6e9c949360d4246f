"""Brings the two ends of one task in step: begins its twin, rings for it, and waits until both
ends are at rest."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from adapters.sd_elements.survey import SurveyedTask
from schemas.errors import Fault
from schemas.events import TwinDue
from schemas.issue import Issue, IssueRef
from schemas.replica import Stamp
from schemas.twin import Twin
from schemas.values import Millis
from service.store import twins
from service.store.twin_records import TwinKey, TwinRow
from service.workers.hints import Hint
from service.workers.roster import LiveConnection, OpenConnector
from service.workers.triggers import twin_id

if TYPE_CHECKING:
    # The operations are built on this.
    from service.workers.operations.desk import Desk

Sleep = Callable[[float], Awaitable[None]]

_BACK_AND_FORTH = 6
"""How often both ends are looked at until neither has anything left to say."""
_RETRIES = 4
_SOON: Millis = 15_000
"""A failure that is tried again within this time is waited for, so many times."""
_BREATH = 0.05
"""Seconds after the moment from which a tracker may be called again."""


class Bringing:
    """`here` is SD Elements' end, `tracker` the connector of the other."""

    def __init__(
        self,
        desk: "Desk",
        here: LiveConnection,
        there: LiveConnection,
        tracker: OpenConnector,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._desk = desk
        self._here, self._there = here, there
        self._tracker = tracker
        self._sleep = sleep

    async def begin(self, task: SurveyedTask, issue: Issue | None) -> None:
        """`issue` stands for the task already; without one the engine makes it."""
        key = TwinKey(self._here.record.id, twin_id(self._here, task.ref.id))
        if issue is not None:
            await self._desk.store.write(partial(self._add_pair, key.twin, issue))
        begun = await self._desk.worker.begin(self._here, _bare(task.ref), Hint(local=True))
        if begun is not None:
            await self._settle(key)

    async def again(self, key: TwinKey, *, rung: bool) -> None:
        """`rung`: the issue may have changed."""
        forced = Hint(local=True, force=True)
        if rung:
            await self._desk.worker.look(self._other(key), forced)
        await self._desk.worker.look(key, forced)
        await self._settle(key)

    def _other(self, key: TwinKey) -> TwinKey:
        return TwinKey(self._there.record.id, key.twin)

    def _add_pair(self, twin: str, issue: Issue, c: sa.Connection) -> None:
        there = self._there.record
        under = twins.by_issue(c, there.connector, issue.ref.id)
        if not any(each.connection == there.id for each in under):
            # Its status is somebody's word: the policy decides between it and the task's.
            said = {"status": Stamp(1, issue.updated)}
            paired = Twin(twin, there.id, issue=issue.ref, edits=said)
            twins.create(c, paired, there.connector, self._desk.now(), None)

    async def _settle(self, key: TwinKey) -> None:
        """What one end sent is taken in by the other, until both are at rest or wait for what may
        last. A tracker that limits its callers is waited for: the job goes as fast as it may."""
        ends = (self._other(key), key)
        rounds, patience = 0, _RETRIES
        while rounds < _BACK_AND_FORTH:
            due = [each for each in ends if await self._is_due(each)]
            for each in due:
                await self._desk.worker.handle((TwinDue(each.twin, each.connection),))
            rounds += 1
            if due:
                continue
            waits = [await self._wait_of(each) for each in ends]
            limited = any(wait.limited for wait in waits)
            until = max(wait.until for wait in waits)
            if not until or (not limited and not patience):
                return
            patience -= not limited
            rounds = 0
            await self._sleep(max(0, until - self._desk.now()) / 1000 + _BREATH)

    async def _is_due(self, key: TwinKey) -> bool:
        row = await self._twin(key)
        if row is None or row.parked or row.stopped:
            return False
        if row.due_at is not None:
            return row.due_at <= self._desk.now()
        return row.incoming is not None

    async def _wait_of(self, key: TwinKey) -> "_Wait":
        """Until when it is worth waiting, where the twin is to be tried again soon."""
        row = await self._twin(key)
        if row is None or row.parked or row.stopped or row.due_at is None:
            return _Wait()
        broken = self._desk.worker.breaker(row.connector)
        if broken is not None and broken.fault is not Fault.THROTTLED:
            return _Wait()
        if not row.attempts:
            # Not its own failure: others were told to slow down.
            return _Wait(max(row.due_at, broken.until if broken else 0), limited=True)
        return _Wait(row.due_at) if row.due_at <= self._desk.now() + _SOON else _Wait()

    async def _twin(self, key: TwinKey) -> TwinRow | None:
        return await self._desk.store.read(lambda c: twins.get(c, key.connection, key.twin))


class _Wait(msgspec.Struct, frozen=True):
    until: Millis = 0
    """0: for nothing."""
    limited: bool = False


def _bare(ref: IssueRef) -> Issue:
    """What is known before it is read."""
    return Issue(ref=ref, version=0, updated=0, project="", fields={})
