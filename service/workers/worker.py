"""Takes events, finds the twins they speak of, and reconciles each under its lease."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import sqlalchemy as sa
import structlog

from schemas.errors import Fault, TrackerError
from schemas.events import Event, TwinDue
from schemas.issue import Issue, Part
from schemas.replica import TwinMessage
from schemas.twin import Twin
from schemas.values import Millis
from service.log import following
from service.metrics import Metrics
from service.rules.port import RuleEngine
from service.store import leases, twins
from service.store.errors import LeaseLost
from service.store.store import Store
from service.store.twin_records import Busy, Claim, TwinKey
from service.workers.bench import Contents
from service.workers.breaker import Breakers, Open
from service.workers.finding import Finder
from service.workers.hints import Hint, is_echo, merged, of_change
from service.workers.ledger import waiting_message
from service.workers.metadata import ProjectMetadata
from service.workers.parking import reopen
from service.workers.people import People
from service.workers.recent import Recent
from service.workers.roster import LiveConnection, OpenConnector, Roster
from service.workers.rounds import Rounds
from service.workers.settling import Settling
from service.workers.triggers import HOP_LIMIT, may_match, twin_id, wants
from service.workers.wakeups import Wakeups

log = structlog.get_logger()

LEASE: Millis = 120_000
RENEW_SECONDS = 40.0
ROUNDS = 20
"""How often a holder looks again before it lets another take its turn."""


class Worker:
    def __init__(
        self,
        *,
        node: str,
        owner: str,
        store: Store,
        roster: Roster,
        engine: RuleEngine,
        contents: Contents,
        people: People,
        known: ProjectMetadata,
        breakers: Breakers,
        wakeups: Wakeups,
        metrics: Metrics,
        ring_peer: Callable[[str], None],
        ring_twin: Callable[[TwinDue], Awaitable[None]],
        now: Callable[[], Millis],
        random: Callable[[], float],
        settle_ms: Millis,
        concurrency: int,
    ) -> None:
        self._owner, self._store, self._roster = owner, store, roster
        self._breakers, self._wakeups = breakers, wakeups
        self.people, self.known = people, known
        self._metrics = metrics
        self._now = now
        self.settle = settle_ms
        self._slots = asyncio.Semaphore(concurrency)
        self._locks: dict[TwinKey, _Lock] = {}
        self._put_off: dict[TwinKey, Hint] = {}
        """What is known of the work that waits; after a restart all is looked at."""
        self.recent = Recent()
        self._finder = Finder(store, roster, self.recent)
        settling = Settling(
            breakers=breakers,
            wakeups=wakeups,
            recent=self.recent,
            metrics=metrics,
            ring_peer=ring_peer,
            ring_twin=ring_twin,
            now=now,
            random=random,
        )
        self._rounds = Rounds(
            settling,
            node=node,
            store=store,
            roster=roster,
            engine=engine,
            contents=contents,
            people=people,
            known=known,
            recent=self.recent,
            now=now,
        )

    async def handle(self, events: Sequence[Event]) -> None:
        """A batch from the bus. Returns when all of it is done or safely put off."""
        changed: dict[tuple[str, str], Hint] = {}
        projects: dict[tuple[str, str], str] = {}
        due: dict[TwinKey, Hint] = {}
        for event in events:
            if isinstance(event, TwinDue):
                key = TwinKey(event.connection, event.twin)
                due[key] = merged(due.get(key), Hint(due=True, change=event.change))
            else:
                at = (event.connector, event.issue)
                changed[at] = merged(changed.get(at), of_change(event))
                projects[at] = event.project
        strangers = await self._finder.find(changed, due)
        work = [self._guarded(key, hint) for key, hint in due.items()]
        work += [
            self._consider(connector, issue, projects[connector, issue], changed[connector, issue])
            for connector, issue in strangers
        ]
        if len(work) == 1:
            await work[0]
        elif work:
            async with asyncio.TaskGroup() as tasks:
                for each in work:
                    tasks.create_task(each)

    # Triggers

    async def _consider(self, connector: str, issue: str, project: str, hint: Hint) -> None:
        """An issue that is not under sync: does a trigger want it?"""
        opened = self._roster.connector_named(connector)
        if opened is None:
            return
        wanting = [
            live
            for live in self._roster.of_connector(opened.record.id)
            if live.record.status == "active" and may_match(live, project)
        ]
        if not wanting:
            return
        async with self._slots:
            seen = await self._read_stranger(opened, issue)
        if seen is None:
            return
        for live in wanting:
            if await wants(live, seen, opened.tracker):
                await self.begin(live, seen, hint)

    async def _read_stranger(self, opened: OpenConnector, issue: str) -> Issue | None:
        try:
            return await opened.tracker.read(issue, frozenset({Part.FIELDS, Part.ATTACHMENTS}))
        except TrackerError as error:
            log.info("trigger.unread", connector=opened.record.name, issue=issue, error=error)
            if error.fault in (Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION):
                return None
            raise

    async def begin(self, live: LiveConnection, issue: Issue, hint: Hint) -> TwinKey | None:
        """Puts an issue under a connection. None when it would go round in a circle."""
        record = live.record

        def work(c: sa.Connection) -> TwinKey | None:
            path: tuple[str, ...] = ()
            for found in twins.by_issue(c, record.connector, issue.ref.id):
                if found.connection == record.id:
                    return TwinKey(record.id, found.twin)
                row = twins.get(c, found.connection, found.twin)
                if row is not None and len(row.state.path) > len(path):
                    path = row.state.path
            if len(path) >= HOP_LIMIT:
                return None
            fresh = twins.first_living(c, record.id, partial(twin_id, live, issue.ref.id))
            key = TwinKey(record.id, fresh)
            twin = Twin(key.twin, record.id, issue=issue.ref, path=path)
            now = self._now()
            twins.create(c, twin, record.connector, now, now)
            return key

        key = await self._store.write(work)
        if key is None:
            log.warning("circle.stopped", connection=record.name, issue=issue.ref.key)
            return None
        await self._guarded(key, msgspec.structs.replace(hint, force=True))
        return key

    # One twin

    def breaker(self, connector: str) -> Open | None:
        """None while the tracker answers as it should."""
        return self._breakers.state(connector)

    async def look(self, key: TwinKey, hint: Hint) -> None:
        """For who knows which twin is meant."""
        await self._guarded(key, hint)

    async def _guarded(self, key: TwinKey, hint: Hint) -> None:
        live = self._roster.connections.get(key.connection)
        if live is None or live.record.status == "removed":
            return
        opened = self._roster.connectors.get(live.record.connector)
        if opened is None:
            return
        with following(twin=key.twin, connection=live.record.name, change=hint.change):
            async with self._slots, self._lock(key):
                if self._is_echo(key, hint, opened):
                    self._metrics.echoes.labels(live.record.name).inc()
                    return
                hint = merged(self._put_off.pop(key, None), hint)
                until = self._must_wait(key, hint, live)
                if until is not None:
                    await self._wait(key, hint, until)
                elif live.record.status != "active":
                    await self._store.write(lambda c: twins.defer(c, key.connection, key.twin))
                else:
                    await self._work(key, hint, live, opened)

    def _is_echo(self, key: TwinKey, hint: Hint, opened: OpenConnector) -> bool:
        rest = self.recent.of(key)
        return rest is not None and is_echo(hint, rest, opened.tracker.capabilities)

    def _must_wait(self, key: TwinKey, hint: Hint, live: LiveConnection) -> Millis | None:
        """Quick edits become one: a twin that was just reconciled rests a moment."""
        until = self._breakers.waits_until(live.record.connector)
        if until is not None and not hint.force:
            return until
        rest = self.recent.of(key)
        if rest is None or not hint.local or hint.due or hint.force or hint.deleted:
            return None
        settled = rest.at + self.settle
        return settled if settled > self._now() else None

    async def _wait(self, key: TwinKey, hint: Hint, until: Millis) -> None:
        await self._store.write(lambda c: twins.set_due(c, key.connection, key.twin, until))
        self._keep(key, hint, until)

    def _keep(self, key: TwinKey, hint: Hint, until: Millis) -> None:
        self._put_off[key] = msgspec.structs.replace(hint, due=False)
        self._wakeups.at(until, key)

    @asynccontextmanager
    async def _lock(self, key: TwinKey) -> AsyncIterator[None]:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = _Lock()
        lock.users += 1
        try:
            async with lock.lock:
                yield
        finally:
            lock.users -= 1
            if not lock.users:
                del self._locks[key]

    async def _work(
        self, key: TwinKey, hint: Hint, live: LiveConnection, opened: OpenConnector
    ) -> None:
        """Claims the twin and looks until nobody has rung meanwhile."""
        taken = await self._store.write(lambda c: self._claim(c, key, live, hint))
        if isinstance(taken, Busy) and hint.deleted:
            # The holder will look, but does not know that not finding the issue proves something.
            self._keep(key, hint, taken.until)
        if taken is None or isinstance(taken, Busy):
            return
        claimed, waiting = taken
        began = self._now()
        keeper = asyncio.create_task(self._keep_lease(claimed))
        try:
            for _ in range(ROUNDS):
                again = await self._rounds.look(claimed, waiting, hint, live, opened)
                if not again:
                    break
                hint = Hint(local=True, change=hint.change)
                claimed, waiting = await self._store.write(partial(_refreshed, claimed, live))
        except LeaseLost:
            self.recent.forget(key)
            log.warning("twin.lease_lost")
        except BaseException:
            # What was written may not be committed, so its webhooks are no echoes.
            self.recent.forget(key)
            raise
        finally:
            keeper.cancel()
        self._metrics.reconcile_seconds.labels(live.record.name).observe(
            (self._now() - began) / 1000
        )

    def _claim(
        self, c: sa.Connection, key: TwinKey, live: LiveConnection, hint: Hint
    ) -> tuple[Claim, TwinMessage | None] | Busy | None:
        """None: it is parked, or there is nothing to do."""
        now = self._now()
        claimed = leases.claim(c, key.connection, key.twin, self._owner, now, LEASE)
        if isinstance(claimed, Busy) and claimed.parked and reopen(c, key, now):
            claimed = leases.claim(c, key.connection, key.twin, self._owner, now, LEASE)
        if not isinstance(claimed, Claim):
            return None if claimed is None or claimed.parked else claimed
        idle = claimed.incoming is None and (claimed.due_at is None or claimed.due_at > now)
        if idle and not hint.local and not hint.force:
            leases.release(c, claimed, due_at=claimed.due_at, attempts=claimed.attempts)
            return None
        return claimed, waiting_message(c, live, key.twin)

    async def _keep_lease(self, claim: Claim) -> None:
        """A long upload must not lose its twin."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._store.write(lambda c: leases.renew(c, claim, self._now() + LEASE))


def _refreshed(
    claim: Claim, live: LiveConnection, c: sa.Connection
) -> tuple[Claim, TwinMessage | None]:
    return leases.refresh(c, claim), waiting_message(c, live, claim.twin)


class _Lock:
    __slots__ = ("lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
