"""One reconcile that does nothing: what the rules make, and what would be written."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import msgspec

from schemas.errors import RuleError, TidegateError
from schemas.replica import ReplicaAttachment, TwinMessage
from schemas.rich_text import RichText
from schemas.rule_life import Write
from schemas.rules import Outgoing, RuleSet, Wanted
from schemas.twin import Twin
from schemas.values import Fields
from service.rules.codec import RichTextCodec
from service.rules.declared import DeclaredEngine
from service.rules.plain_form import Plain, PlainForm
from service.workers.bench import Bench, Note, Outcome
from service.workers.dry_tracker import DryTracker, dry
from service.workers.kin import StoredKin
from service.workers.ledger import waiting_message
from service.workers.operations.desk import Desk
from service.workers.other_keys import KeysEngine
from service.workers.reconciliation import Reconciliation
from service.workers.remote_names import RemoteNames
from service.workers.roster import LiveConnection, OpenConnector
from service.workers.tables import ConnectionTables
from service.workers.tape import TapedEngine


class Form(Protocol):
    """How values are shown to whom it concerns."""

    def fields(self, fields: Fields) -> Plain: ...

    def rich(self, text: RichText) -> str: ...

    def result(self, result: Outgoing | Wanted | None) -> Plain | None: ...


class WholeForm:
    """For this node's own people: as it is."""

    def __init__(self, codec: RichTextCodec) -> None:
        self._form = PlainForm(codec)
        self.rich, self.fields = codec.to_markdown, self._form.shown
        self.result = self._form.result


class Trial(msgspec.Struct, frozen=True):
    """What one reconcile came to that did nothing."""

    outcome: Outcome
    tracker: DryTracker
    engine: TapedEngine
    ledger: "_NoLedger"

    @property
    def message(self) -> TwinMessage | None:
        return self.outcome.message or self.ledger.message

    @property
    def writes(self) -> tuple[Write, ...]:
        return tuple(self.tracker.writes)

    @property
    def notes(self) -> tuple[Note, ...]:
        return (*self.ledger.notes, *self.outcome.notes)

    @property
    def error(self) -> str:
        return worded(self.outcome.error)

    @property
    def trace(self) -> str:
        error = self.outcome.error
        return error.trace if isinstance(error, RuleError) else ""


def worded(error: TidegateError | None) -> str:
    """With the line of the rule, where it is a rule's."""
    place = f"{error.file}:{error.line}: " if isinstance(error, RuleError) else ""
    return f"{place}{error.message}" if error else ""


def words(note: Note) -> str:
    detail = ", ".join(f"{name} {value}" for name, value in note.detail.items())
    return f"{note.event}: {detail}" if detail else note.event


class Trials:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(
        self,
        live: LiveConnection,
        opened: OpenConnector,
        rules: RuleSet,
        twin: Twin,
        incoming: TwinMessage | None,
        form: Form,
    ) -> Trial:
        tracker = dry(opened.tracker, form.fields, form.rich)
        desk = self._desk
        names = RemoteNames(desk.store, now=desk.now)
        told = (incoming or twin).replica.ids
        declared = await ConnectionTables(desk.known, desk.roster, names).declared(live, told)
        asking = KeysEngine(desk.engine, StoredKin(desk.store, live.record).key)
        engine = TapedEngine(DeclaredEngine(asking, declared))
        ledger = _NoLedger()
        rules = msgspec.structs.replace(rules, tables=declared.source)
        bench = self._bench(live, opened, rules, tracker, engine, ledger)
        waiting = await self._desk.store.read(lambda c: waiting_message(c, live, twin.id))
        # What is wanted is told also where nothing came since it was taken in.
        twin = msgspec.structs.replace(twin, anew=not twin.stopped)
        run = Reconciliation(bench, twin, incoming=incoming, waiting=waiting, parts=frozenset())
        return Trial(await run.run(), tracker, engine, ledger)

    def _bench(
        self,
        live: LiveConnection,
        opened: OpenConnector,
        rules: RuleSet,
        tracker: DryTracker,
        engine: TapedEngine,
        ledger: "_NoLedger",
    ) -> Bench:
        desk, settings = self._desk, live.record.settings
        return Bench(
            connection=live.record.shared,
            tracker=tracker,
            engine=engine,
            rules=rules,
            context=live.context,
            policy=live.policy,
            allowed=live.allowed,
            project=settings.project,
            issue_type=settings.issue_type,
            attachment_limit=settings.attachment_limit,
            ledger=ledger,
            contents=_NoContents(),
            kin=StoredKin(desk.store, live.record),
            persons=desk.worker.people.of(opened, settings),
            ground=desk.known.of(opened),
            wrote=_nothing_written,
            now=desk.now,
            far=not live.record.counterpart,
            masks=live.masks,
        )


class _NoLedger:
    """Commits nothing; keeps what the pass told on its way."""

    def __init__(self) -> None:
        self.message: TwinMessage | None = None
        self.notes: list[Note] = []

    async def checkpoint(self, outcome: Outcome) -> None:
        self.message = outcome.message or self.message
        self.notes += outcome.notes


class _NoContents:
    """Bytes are neither fetched nor given back."""

    async def find(
        self, twin: Twin, file: ReplicaAttachment
    ) -> Callable[[], Awaitable[AsyncIterator[bytes]]]:
        return _no_bytes

    async def decline(self, twin: Twin, file: ReplicaAttachment, reason: str) -> None:
        """The other side is told nothing."""

    async def release(self, twin: Twin, file: ReplicaAttachment) -> None:
        """Nothing was taken."""


async def _no_bytes() -> AsyncIterator[bytes]:
    raise TidegateError("A dry run moves no bytes.")


def _nothing_written(*, version: int = 0, comment: str = "") -> None:
    """No webhook will follow."""
