"""One look at a claimed twin: the reconcile with all that it works with, and what follows."""

import asyncio
from collections.abc import Callable
from functools import partial

import msgspec
import structlog

from schemas.errors import Fault, MappingError, StoreUnavailable, TidegateError
from schemas.issue import Part
from schemas.replica import TwinMessage
from schemas.values import Millis
from service.rules.declared import Declared, DeclaredEngine
from service.rules.port import RuleEngine
from service.store.errors import LeaseLost
from service.store.store import Store
from service.store.twin_records import Claim, TwinKey
from service.sync.restoring import risen
from service.workers.bench import Bench, Contents, Outcome
from service.workers.hints import Hint
from service.workers.kin import StoredKin
from service.workers.ledger import Ledger
from service.workers.metadata import ProjectMetadata
from service.workers.other_keys import KeysEngine
from service.workers.people import People
from service.workers.recent import Recent
from service.workers.reconciliation import FIELDS_ONLY, Reconciliation
from service.workers.remote_names import RemoteNames
from service.workers.roster import LiveConnection, OpenConnector, Roster
from service.workers.settling import Settling
from service.workers.tables import NOTHING, ConnectionTables
from service.workers.tape import Recorder

log = structlog.get_logger()

RECALL: Millis = 7 * 86_400_000
"""For so long after a restore a twin that is new here may be one that was forgotten."""


class Broken(TidegateError):
    """An error of ours: a reconcile ended with an exception that nobody foresaw."""

    fault = Fault.INTERNAL


class Rounds:
    def __init__(
        self,
        settling: Settling,
        *,
        node: str,
        store: Store,
        roster: Roster,
        engine: RuleEngine,
        contents: Contents,
        people: People,
        known: ProjectMetadata,
        recent: Recent,
        now: Callable[[], Millis],
    ) -> None:
        self._settling = settling
        self._recorder = Recorder(store)
        self._node, self._store, self._roster = node, store, roster
        self._engine, self._contents = engine, contents
        self._people, self._known, self._recent = people, known, recent
        self._now = now
        self._tables = ConnectionTables(known, roster, RemoteNames(store, now=now))
        self._began = now()

    async def look(
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
        await self._tables.note(live, claim.incoming)
        told = (claim.incoming or claim.state).replica.ids
        declared = await self._tables.declared(live, told)
        key = TwinKey(claim.connection, claim.twin)
        kin = StoredKin(self._store, live.record)
        engine = KeysEngine(self._engine, kin.key)
        tape = self._recorder.tape(live, engine)
        bench = self._bench(key, live, opened, ledger, declared, tape or engine)
        outcome = await self._run(bench, claim, waiting, hint, here, live)
        if isinstance(outcome.error, MappingError):
            explained = await self._tables.explained(live, outcome.error)
            outcome = msgspec.structs.replace(outcome, error=explained)
        again = await self._settling.settle(claim, outcome, ledger, live)
        await self._settling.announce(ledger, live, other, claim)
        if tape is not None:
            await self._recorder.keep(tape, live, claim.twin, claim.fence, self._now())
        return again

    def _bench(
        self,
        key: TwinKey,
        live: LiveConnection,
        opened: OpenConnector,
        ledger: Ledger,
        declared: Declared,
        engine: RuleEngine,
    ) -> Bench:
        rules = live.rules
        if declared is not NOTHING:
            engine = DeclaredEngine(engine, declared)
            rules = msgspec.structs.replace(rules, tables=declared.source)
        return Bench(
            connection=live.record.shared,
            tracker=opened.tracker,
            engine=engine,
            rules=rules,
            context=live.context,
            policy=live.policy,
            allowed=live.allowed,
            project=live.record.settings.project,
            issue_type=live.record.settings.issue_type,
            attachment_limit=live.record.settings.attachment_limit,
            ledger=ledger,
            contents=self._contents,
            kin=StoredKin(self._store, live.record),
            persons=self._people.of(opened, live.record.settings),
            ground=self._known.of(opened),
            wrote=partial(self._recent.wrote, key),
            now=self._now,
            far=not live.record.counterpart,
            masks=live.masks,
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
        if self._recent.of(TwinKey(claim.connection, claim.twin)) is None:
            return frozenset()
        if hint.local:
            return hint.parts
        return FIELDS_ONLY if claim.incoming is not None else frozenset()
