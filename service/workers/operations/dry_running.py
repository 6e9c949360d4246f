"""Reconciles an issue without doing any of it: what the rules make, and what would be written."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.errors import Fault, InputError, RuleError, TidegateError, TrackerError
from schemas.issue import IssueRef
from schemas.replica import ReplicaAttachment, TwinMessage
from schemas.rule_life import DryRun, DryRunBody, OtherEnd, Write
from schemas.rules import RuleSet, Snippet
from schemas.twin import Twin
from service.rules.codec import RichTextCodec
from service.rules.declared import DeclaredEngine
from service.rules.differences import differences
from service.rules.plain_form import PlainForm
from service.store import twins
from service.store.rule_drafts import RuleDraft
from service.store.twin_records import TwinRow
from service.sync.intake import merge_messages
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
from service.workers.triggers import twin_id

UNKNOWABLE = (
    "What the other side writes is decided by its own rule, which this node does not know: shown is"
    " what it would be told."
)


class _Pass(msgspec.Struct, frozen=True):
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
    def notes(self) -> tuple[str, ...]:
        return tuple(map(_words, (*self.ledger.notes, *self.outcome.notes)))

    @property
    def error(self) -> str:
        error = self.outcome.error
        place = f"{error.file}:{error.line}: " if isinstance(error, RuleError) else ""
        return f"{place}{error.message}" if error else ""

    @property
    def trace(self) -> str:
        error = self.outcome.error
        return error.trace if isinstance(error, RuleError) else ""


class DryRunning:
    def __init__(self, desk: Desk, codec: RichTextCodec) -> None:
        self._desk = desk
        self._codec = codec
        self._form = PlainForm(codec)

    async def run(
        self,
        live: LiveConnection,
        body: DryRunBody,
        draft: RuleDraft | None,
        library: tuple[Snippet, ...],
    ) -> DryRun:
        """What is not published yet uses the snippets of the library."""
        opened = self._desk.roster.connectors.get(live.record.connector)
        if opened is None:
            raise InputError(
                "The connector of this connection cannot be used now.",
                status=409,
                remedy="Check the connector.",
            )
        rules = _rules(live, body, draft, library)
        twin, row = await self._find(live, opened, body.issue)
        here = await self._pass(live, opened, rules, twin, row.incoming if row else None)
        return self._shown(twin, rules, here, await self._there(live, here.message))

    async def _there(self, live: LiveConnection, message: TwinMessage | None) -> OtherEnd | None:
        """None: there is nothing to tell, or the other end is at another node."""
        other = self._desk.roster.connections.get(live.record.counterpart)
        opened = self._desk.roster.connectors.get(other.record.connector) if other else None
        if message is None or other is None or opened is None:
            return None
        id = other.record.id
        row = await self._desk.store.read(lambda c: twins.get(c, id, message.twin))
        twin = row.state if row else Twin(message.twin, id)
        told = merge_messages(row.incoming if row else None, message)
        come = await self._pass(other, opened, other.rules, twin, told)
        return OtherEnd(
            other.record.name,
            other.rules.version,
            self._form.result(come.engine.wanted),
            come.writes,
            come.notes,
            come.error,
            come.trace,
        )

    async def _pass(
        self,
        live: LiveConnection,
        opened: OpenConnector,
        rules: RuleSet,
        twin: Twin,
        incoming: TwinMessage | None,
    ) -> _Pass:
        tracker = dry(opened.tracker, self._form.shown, self._codec.to_markdown)
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
        return _Pass(await run.run(), tracker, engine, ledger)

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
            masks=live.masks,
        )

    async def _find(
        self, live: LiveConnection, opened: OpenConnector, issue: str
    ) -> tuple[Twin, TwinRow | None]:
        """The issue's twin, or one as it would begin."""

        def known(c: sa.Connection, of: str) -> TwinRow | None:
            row = twins.get(c, live.record.id, of)
            for found in twins.by_issue(c, live.record.connector, of):
                if found.connection == live.record.id:
                    row = twins.get(c, found.connection, found.twin)
            return row

        row = await self._desk.store.read(partial(known, of=issue))
        if row is not None:
            return row.state, row
        ref = await self._resolved(opened, issue)
        row = await self._desk.store.read(partial(known, of=ref.id))
        if row is not None:
            return row.state, row
        return Twin(twin_id(live, ref.id), live.record.id, issue=ref), None

    async def _resolved(self, opened: OpenConnector, issue: str) -> IssueRef:
        try:
            return await opened.tracker.resolve(issue)
        except TrackerError as error:
            if error.fault not in (Fault.NOT_FOUND, Fault.GONE, Fault.VALIDATION):
                raise
            raise InputError(
                f"There is no issue and no twin {issue!r} here.",
                status=404,
                remedy="Give the key as the tracker shows it.",
            ) from error

    def _shown(self, twin: Twin, rules: RuleSet, here: _Pass, there: OtherEnd | None) -> DryRun:
        message = here.message
        before = self._form.shown(twin.sent)
        return DryRun(
            issue=twin.issue.key if twin.issue else twin.replica.key,
            twin=twin.id,
            version=rules.version,
            outgoing=self._form.result(here.engine.sent),
            wanted=self._form.result(here.engine.wanted),
            writes=here.writes,
            message=self._message(message) if message else None,
            told=differences(before, self._fields(message)) if message else (),
            notes=(*here.notes, *((UNKNOWABLE,) if message and not there else ())),
            error=here.error,
            trace=here.trace,
            there=there,
        )

    def _message(self, message: TwinMessage) -> dict[str, Any]:
        replica = message.replica
        return {
            "version": message.version,
            "fields": self._fields(message),
            "comments": [comment.id for comment in replica.comments],
            "attachments": [file.filename for file in replica.attachments],
            "removed_comments": list(replica.removed_comments),
            "removed_attachments": list(replica.removed_attachments),
        }

    def _fields(self, message: TwinMessage) -> dict[str, Any]:
        return self._form.shown(message.replica.fields)


def _rules(
    live: LiveConnection,
    body: DryRunBody,
    draft: RuleDraft | None,
    library: tuple[Snippet, ...],
) -> RuleSet:
    rules = live.rules
    if body.draft:
        if draft is None:
            raise InputError(
                "There is no draft.", status=409, remedy="Save one, or leave `draft` out."
            )
        rules = RuleSet(0, draft.outgoing, draft.incoming, snippets=library)
    if body.outgoing is None and body.incoming is None:
        return rules
    return RuleSet(
        0,
        rules.outgoing if body.outgoing is None else body.outgoing,
        rules.incoming if body.incoming is None else body.incoming,
        snippets=library,
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


def _words(note: Note) -> str:
    detail = ", ".join(f"{name} {value}" for name, value in note.detail.items())
    return f"{note.event}: {detail}" if detail else note.event
