"""Reconciles an issue without doing any of it: what the rules make, and what would be written."""

from functools import partial
from typing import Any

import sqlalchemy as sa

from schemas.errors import Fault, InputError, TrackerError
from schemas.issue import IssueRef
from schemas.replica import TwinMessage
from schemas.rule_life import DryRun, DryRunBody, NotAnswered, OtherEnd
from schemas.rules import RuleSet, Snippet
from schemas.twin import Twin
from service.rules.codec import RichTextCodec
from service.rules.differences import differences
from service.store import twins
from service.store.rule_drafts import RuleDraft
from service.store.twin_records import TwinRow
from service.sync.intake import merge_messages
from service.workers.operations.asking_there import NOTHING, AskingThere
from service.workers.operations.desk import Desk
from service.workers.operations.trial import Trial, Trials, WholeForm, words
from service.workers.roster import LiveConnection, OpenConnector
from service.workers.triggers import twin_id

UNKNOWABLE = (
    "What the other side writes is decided by its own rule, which this node does not know: shown is"
    " what it would be told. Next: ask its node (ask_there, or --there)."
)


class DryRunning:
    def __init__(self, desk: Desk, codec: RichTextCodec) -> None:
        self._desk = desk
        self._asking = AskingThere(desk)
        self._trials = Trials(desk)
        self._whole = WholeForm(codec)

    async def run(
        self,
        live: LiveConnection,
        body: DryRunBody,
        draft: RuleDraft | None,
        library: tuple[Snippet, ...],
        author: str = "",
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
        come = row.incoming if row else None
        here = await self._trials.run(live, opened, rules, twin, come, self._whole)
        return self._shown(twin, rules, here, await self._there(live, twin, here, body, author))

    async def _there(
        self, live: LiveConnection, twin: Twin, here: Trial, body: DryRunBody, author: str
    ) -> OtherEnd | NotAnswered | None:
        """None: there is nothing to tell, or another node was not asked."""
        message, record = here.message, live.record
        if not record.peer:
            return await self._at_other_end(live, message) if message else None
        if not body.ask_there:
            return None
        if message is None:
            return NOTHING
        return await self._asking.ask(record, twin, message, body.wait_seconds, author)

    async def _at_other_end(self, live: LiveConnection, message: TwinMessage) -> OtherEnd | None:
        other = self._desk.roster.connections.get(live.record.counterpart)
        opened = self._desk.roster.connectors.get(other.record.connector) if other else None
        if other is None or opened is None:
            return None
        id = other.record.id
        row = await self._desk.store.read(lambda c: twins.get(c, id, message.twin))
        twin = row.state if row else Twin(message.twin, id)
        told = merge_messages(row.incoming if row else None, message)
        come = await self._trials.run(other, opened, other.rules, twin, told, self._whole)
        return OtherEnd(
            other.record.name,
            other.rules.version,
            self._whole.result(come.engine.wanted),
            come.writes,
            tuple(map(words, come.notes)),
            come.error,
            come.trace,
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

    def _shown(
        self, twin: Twin, rules: RuleSet, here: Trial, there: OtherEnd | NotAnswered | None
    ) -> DryRun:
        message = here.message
        before = self._whole.fields(twin.sent)
        return DryRun(
            issue=twin.issue.key if twin.issue else twin.replica.key,
            twin=twin.id,
            version=rules.version,
            outgoing=self._whole.result(here.engine.sent),
            wanted=self._whole.result(here.engine.wanted),
            writes=here.writes,
            message=self._message(message) if message else None,
            told=differences(before, self._fields(message)) if message else (),
            notes=(*map(words, here.notes), *((UNKNOWABLE,) if message and not there else ())),
            error=here.error,
            trace=here.trace,
            there=there if isinstance(there, OtherEnd) else None,
            unanswered=there if isinstance(there, NotAnswered) else None,
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
        return self._whole.fields(message.replica.fields)


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
