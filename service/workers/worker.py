"""Takes events, finds the twins they speak of, and reconciles each under its lease."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import sqlalchemy as sa
import structlog

from schemas.errors import Fault, StoreUnavailable, TidegateError, TrackerError
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
from service.store.twin_records import Busy, Claim, FoundTwin, TwinKey
from service.sync.restoring import risen
from service.sync.retry import Park, counts, decide_retry
from service.workers.bench import Bench, Contents, Outcome
from service.workers.breaker import Breakers
from service.workers.hints import Hint, is_echo, merged, of_change
from service.workers.ledger import Due, Ledger, waiting_message
from service.workers.parking import reopen
from service.workers.recent import Recent
from service.workers.reconciliation import FIELDS_ONLY, Reconciliation
from service.workers.roster import LiveConnection, OpenConnector, Roster
from service.workers.triggers import HOP_LIMIT, matches, may_match, twin_id
from service.workers.wakeups import Wakeups

log = structlog.get_logger()

LEASE: Millis = 120_000
RENEW_SECONDS = 40.0
RECALL: Millis = 7 * 86_400_000
"""For so long after a restore a twin that is new here may be one that was forgotten."""
ROUNDS = 20
"""How often a holder looks again before it lets another take its turn."""


class Broken(TidegateError):
    """An error of ours: a reconcile ended with an exception that nobody foresaw."""

    fault = Fault.INTERNAL


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
        self._node, self._owner = node, owner
        self._store, self._roster, self._engine = store, roster, engine
        self._contents, self._breakers, self._wakeups = contents, breakers, wakeups
        self._metrics = metrics
        self._ring_peer, self._ring_twin = ring_peer, ring_twin
        self._now, self._random = now, random
        self.settle = settle_ms
        self._began = now()
        self._slots = asyncio.Semaphore(concurrency)
        self._locks: dict[TwinKey, _Lock] = {}
        self._put_off: dict[TwinKey, Hint] = {}
        """What is known of the work that waits; after a restart all is looked at."""
        self.recent = Recent()

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
        strangers = await self._find(changed, due)
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

    async def _find(
        self, changed: dict[tuple[str, str], Hint], due: dict[TwinKey, Hint]
    ) -> list[tuple[str, str]]:
        """Adds the twins of changed issues to `due`; answers the issues that have none."""
        strangers = []
        by_connector: dict[str, list[str]] = {}
        for connector, issue in changed:
            by_connector.setdefault(connector, []).append(issue)
        for name, issues in by_connector.items():
            opened = self._roster.connector_named(name)
            if opened is None or not self._roster.of_connector(opened.record.id):
                continue
            issues = [
                issue
                for issue in issues
                if not self._known(opened, issue, changed[name, issue], due)
            ]
            if not issues:
                continue
            found = await self._store.read(partial(_by_issues, opened.record.id, issues))
            known = set()
            for twin in found:
                known |= {twin.issue_id, twin.issue_key}
                key = TwinKey(twin.connection, twin.twin)
                hint = changed.get((name, twin.issue_id)) or changed.get((name, twin.issue_key))
                if hint is not None and not twin.stopped:
                    due[key] = merged(due.get(key), hint)
            strangers += [
                (name, issue) for issue in issues if not self._covered(opened, found, issue)
            ]
        return strangers

    def _known(
        self, opened: OpenConnector, issue: str, hint: Hint, due: dict[TwinKey, Hint]
    ) -> bool:
        """Adds the twin that was reconciled lately, where the issue can have no other."""
        connections = self._roster.of_connector(opened.record.id)
        key = self.recent.twin_of(opened.record.id, issue)
        if key is None or len(connections) != 1 or key.connection != connections[0].record.id:
            return False
        due[key] = merged(due.get(key), hint)
        return True

    def _covered(self, opened: OpenConnector, found: list[FoundTwin], issue: str) -> bool:
        """Whether every connection that might want the issue has it already."""
        having = {t.connection for t in found if issue in (t.issue_id, t.issue_key)}
        return all(
            live.record.id in having or live.record.settings.trigger is None
            for live in self._roster.of_connector(opened.record.id)
        )

    # Triggers

    async def _consider(self, connector: str, issue: str, project: str, hint: Hint) -> None:
        """An issue that is not under sync: does a trigger want it?"""
        opened = self._roster.connector_named(connector)
        if opened is None:
            return
        wanting = [
            live
            for live in self._roster.of_connector(opened.record.id)
            if live.record.status == "active"
            and live.record.settings.trigger is not None
            and may_match(live.record.settings.trigger, project)
        ]
        if not wanting:
            return
        async with self._slots:
            seen = await self._read_stranger(opened, issue)
        if seen is None:
            return
        for live in wanting:
            if matches(live, seen):
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
            key = TwinKey(record.id, twin_id(live, issue.ref.id))
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
                again = await self._round(claimed, waiting, hint, live, opened)
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

    async def _round(
        self,
        claim: Claim,
        waiting: TwinMessage | None,
        hint: Hint,
        live: LiveConnection,
        opened: OpenConnector,
    ) -> bool:
        record = live.record
        other = self._roster.connections.get(record.counterpart) if record.counterpart else None
        here = f"{self._node}/{record.connector}"
        ledger = Ledger(
            self._store, live, other, claim, here=here, change=hint.change, now=self._now()
        )
        bench = self._bench(TwinKey(claim.connection, claim.twin), live, opened, ledger)
        outcome = await self._run(bench, claim, waiting, hint, here, live)
        again = await self._settle_outcome(claim, outcome, ledger, live, opened)
        await self._announce(ledger, live, other, claim)
        return again

    def _bench(
        self, key: TwinKey, live: LiveConnection, opened: OpenConnector, ledger: Ledger
    ) -> Bench:
        return Bench(
            connection=live.record.shared,
            tracker=opened.tracker,
            engine=self._engine,
            rules=live.rules,
            context=live.context,
            policy=live.policy,
            allowed=live.allowed,
            project=live.record.settings.project,
            issue_type=live.record.settings.issue_type,
            attachment_limit=live.record.settings.attachment_limit,
            ledger=ledger,
            contents=self._contents,
            wrote=partial(self.recent.wrote, key),
            now=self._now,
        )

    async def _run(
        self,
        bench: Bench,
        claim: Claim,
        waiting: TwinMessage | None,
        hint: Hint,
        here: str,
        live: LiveConnection,
    ) -> Outcome:
        """The reconcile, in a task of its own: its unforeseen end is this twin's alone."""
        twin, incoming = claim.state, claim.incoming
        peer = self._roster.peers.get(live.record.peer)
        if peer is not None and peer.floor:
            recent = self._now() - peer.forgot < RECALL
            twin = risen(twin, peer.floor, peer.forgot if recent else 0)
        stranger = twin.issue is None and not (incoming is not None and incoming.yours)
        if incoming is not None and stranger and here in incoming.path:
            log.warning("circle.stopped", remote=incoming.replica.key)
            stopped = msgspec.structs.replace(twin, stopped=True)
            return Outcome(stopped, None, (), ())
        run = Reconciliation(
            bench,
            twin,
            incoming=incoming,
            waiting=waiting,
            parts=self._parts(claim, hint),
            deleted=hint.deleted,
            left_over=claim.due_at is not None and claim.due_at < self._began,
        )
        task = asyncio.create_task(run.run())
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, LeaseLost | StoreUnavailable) or not isinstance(error, Exception):
            raise error
        log.error("reconcile.broken", error=error)
        return run.failed(Broken(f"{type(error).__name__}: {error}", remedy="Report this error."))

    def _parts(self, claim: Claim, hint: Hint) -> frozenset[Part]:
        """What to read; empty: all. A message alone says nothing of the comments here, and what is
        put off in this process keeps its hint."""
        if self.recent.of(TwinKey(claim.connection, claim.twin)) is None:
            return frozenset()
        if hint.local:
            return hint.parts
        return FIELDS_ONLY if claim.incoming is not None else frozenset()

    async def _settle_outcome(
        self,
        claim: Claim,
        outcome: Outcome,
        ledger: Ledger,
        live: LiveConnection,
        opened: OpenConnector,
    ) -> bool:
        """True when the holder has to look again."""
        key = TwinKey(claim.connection, claim.twin)
        error = outcome.error
        for conflict in outcome.conflicts:
            kind = conflict.field.partition(":")[0]
            self._metrics.conflicts.labels(live.record.name, kind).inc()
        if error is None:
            self._breakers.reset(live.record.connector)
            self._count(live, outcome)
            again = await ledger.finish(outcome, Due())
            sent_at = self._now() if ledger.sent else None
            self.recent.note(key, live, outcome.twin, looked=outcome.looked, sent_at=sent_at)
            return again
        return await self._settle_failure(key, claim, outcome, error, ledger, live)

    async def _settle_failure(
        self,
        key: TwinKey,
        claim: Claim,
        outcome: Outcome,
        error: TidegateError,
        ledger: Ledger,
        live: LiveConnection,
    ) -> bool:
        counted = counts(claim.attempts, claim.due_at, self._now())
        attempts = claim.attempts + counted
        retry_after = error.retry_after if isinstance(error, TrackerError) else None
        decision = decide_retry(
            error.fault, attempts, retry_after=retry_after, jitter=self._random()
        )
        self.recent.forget(key)
        if isinstance(decision, Park):
            log.warning("twin.parked", error=error, attempts=attempts)
            self._metrics.reconciles.labels(live.record.name, "parked").inc()
            await ledger.park(outcome, error)
            return False
        if decision.scope == "connector":
            due = self._breakers.trip(live.record.connector, error, retry_after)
            attempts = claim.attempts
        elif claim.due_at is not None and not counted:
            due = claim.due_at
        else:
            due = self._now() + decision.delay
        log.info("twin.retry", error=error, attempts=attempts, due_at=due)
        self._metrics.reconciles.labels(live.record.name, "failed").inc()
        self._wakeups.at(due, key)
        return await ledger.finish(outcome, Due(due, attempts))

    def _count(self, live: LiveConnection, outcome: Outcome) -> None:
        result = "sent" if outcome.message else "written" if outcome.notes else "nothing"
        self._metrics.reconciles.labels(live.record.name, result).inc()
        for note in outcome.notes:
            log.info(note.event, **note.detail)
        if any(note.event in ("fields.written", "issue.created") for note in outcome.notes):
            edited = max((s.at for s in outcome.twin.replica.stamps.values()), default=0)
            if edited:
                late = max(0, self._now() - edited) / 1000
                self._metrics.end_to_end_seconds.labels(live.record.name).observe(late)

    async def _announce(
        self, ledger: Ledger, live: LiveConnection, other: LiveConnection | None, claim: Claim
    ) -> None:
        if not ledger.sent:
            return
        if other is None:
            self._ring_peer(live.record.peer)
        else:
            await self._ring_twin(TwinDue(claim.twin, other.record.id))


def _by_issues(connector: str, issues: list[str], c: sa.Connection) -> list[FoundTwin]:
    return twins.by_issues(c, connector, issues)


def _refreshed(
    claim: Claim, live: LiveConnection, c: sa.Connection
) -> tuple[Claim, TwinMessage | None]:
    return leases.refresh(c, claim), waiting_message(c, live, claim.twin)


class _Lock:
    __slots__ = ("lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
