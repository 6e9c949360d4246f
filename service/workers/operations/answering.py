"""Answers what a partner asks: what would be written here, and nothing of it is done."""

import asyncio

import msgspec
import sqlalchemy as sa
import structlog

from schemas.disclosure_api import Disclosure
from schemas.dry_runs import ANSWER_TWIN, MAX_ENCODED, DryRunAnswer
from schemas.errors import Fault, TidegateError
from schemas.node import Activity
from schemas.replica import TwinMessage
from schemas.rule_life import Write
from schemas.twin import Twin
from service.rules.codec import RichTextCodec
from service.store import activity, disclosures, dry_runs, outbox, twins
from service.store.twin_records import TwinRow
from service.sync.intake import merge_messages
from service.workers.dry_run_desk import Asked
from service.workers.operations.answer_form import AnswerForm
from service.workers.operations.desk import Desk
from service.workers.operations.trial import Trial, Trials, worded, words
from service.workers.roster import LiveConnection
from service.workers.triggers import twin_id

log = structlog.get_logger()

_AT_ONCE = 2
_TOLD = frozenset(
    {
        "attachment.delete_unsupported",
        "attachment.not_taken",
        "comment.delete_unsupported",
        "comment.edit_unsupported",
        "comment.internal_unsupported",
        "issue.gone",
        "issue.waits_for_parent",
        "remote.gone",
        "rule.ignored",
        "rule.stopped_syncing",
    }
)
"""Notes that tell a partner what becomes of its own content, and nothing else of this side."""
_OWN_WORDS = frozenset({Fault.RULE, Fault.MAPPING, Fault.VALIDATION, Fault.UNDECIDED})
_STOPPED = "The sync of this issue is stopped here."
_UNSHOWN = "The other side's tracker cannot be asked now."
_UNREAD = "The other side's node cannot read its issue."
_ABSENT = frozenset({Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION})
_TOO_LARGE = "What would be written is more than one answer holds."

_encode = msgspec.msgpack.Encoder().encode


class _Made(msgspec.Struct, frozen=True):
    answer: DryRunAnswer
    form: AnswerForm
    issue: str = ""


class Answering:
    def __init__(self, desk: Desk, codec: RichTextCodec) -> None:
        self._desk, self._codec = desk, codec
        self._trials = Trials(desk)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self.answer(await self._desk.dry_runs.next())

    async def answer(self, asked: Asked) -> None:
        """Once nobody waits any more, there is nothing to answer."""
        live = self._desk.roster.connections.get(asked.key.connection)
        seconds = (asked.until - self._desk.now()) / 1000
        if live is None or live.record.status != "active" or seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                made = await self._made(live, asked)
        except TimeoutError:
            log.info("dry_run.too_slow", connection=live.record.name, twin=asked.ask.message.twin)
            return
        await self._give(live, asked, made)

    async def _made(self, live: LiveConnection, asked: Asked) -> _Made:
        message = _heeded(live, asked.ask.message)
        row = await self._desk.store.read(lambda c: twins.get(c, live.record.id, message.twin))
        told = merge_messages(row.incoming if row else None, message)
        form = AnswerForm(self._codec, live.allowed, live.masks, told)
        try:
            trial = await self._tried(live, row, told, form)
        except TidegateError as error:
            return _Made(_failed(asked, live, error, form), form)
        issue = trial.outcome.twin.issue
        answer = self._answer(live, asked, trial, form)
        if len(_encode(answer)) > MAX_ENCODED:
            answer = DryRunAnswer(
                asked.ask.id, live.rules.version, error=_TOO_LARGE, fault=Fault.VALIDATION
            )
            form.left.clear()
        return _Made(answer, form, issue.key if row and issue else "")

    async def _tried(
        self, live: LiveConnection, row: TwinRow | None, told: TwinMessage, form: AnswerForm
    ) -> Trial:
        opened = self._desk.roster.connectors.get(live.record.connector)
        if opened is None:
            raise TidegateError(_UNSHOWN)
        twin = row.state if row else Twin(told.twin, live.record.id)
        return await self._trials.run(live, opened, live.rules, twin, told, form)

    def _answer(
        self, live: LiveConnection, asked: Asked, trial: Trial, form: AnswerForm
    ) -> DryRunAnswer:
        error = trial.outcome.error
        notes = [form.text(words(note))[:1024] for note in trial.notes if note.event in _TOLD]
        if trial.outcome.twin.stopped and not notes:
            notes.append(_STOPPED)
        writes = tuple(Write(w.call, _masked(w.detail, form)) for w in trial.writes)
        made = DryRunAnswer(
            asked.ask.id,
            live.rules.version,
            form.result(trial.engine.wanted),
            writes,
            tuple(notes[:1000]),
        )
        if error is None:
            return made
        failed = _failed(asked, live, error, form)
        return msgspec.structs.replace(made, error=failed.error, fault=failed.fault)

    async def _give(self, live: LiveConnection, asked: Asked, made: _Made) -> None:
        """What is told of this side stands in its ledger; who asks has to fetch it."""
        now, key, message = self._desk.now(), asked.key, asked.ask.message
        entry = Disclosure(
            now, message.twin, 0, "", "", connection=live.record.id, partner=key.peer
        )
        answer = made.answer
        detail = {
            "rules": answer.version,
            "writes": [write.call for write in answer.writes],
            "shown": sorted({name for name, _ in made.form.left}),
            "failed": answer.fault,
        }
        told = Activity(
            now, "dry_run.answered", live.record.id, message.twin, made.issue, detail=detail
        )

        def work(c: sa.Connection) -> None:
            if not dry_runs.finish(c, key):
                return
            outbox.put(c, key.peer, key.connection, ANSWER_TWIN + key.id, _encode(answer), now)
            disclosures.add(c, made.form.disclosed(entry))
            activity.append(c, told)

        await self._desk.store.write(work)
        self._desk.ring_peer(key.peer)


def _heeded(live: LiveConnection, message: TwinMessage) -> TwinMessage:
    """As a real one would be taken: a pair is neither made nor broken by asking."""
    yours = message.yours if message.yours and twin_id(live, message.yours) == message.twin else ""
    return msgspec.structs.replace(message, claims="", yours=yours, forgotten=False)


def _failed(
    asked: Asked, live: LiveConnection, error: TidegateError, form: AnswerForm
) -> DryRunAnswer:
    """What is about the content is told; how this side's tracker fares is its own affair."""
    if error.fault in _OWN_WORDS:
        told = form.text(worded(error))
    else:
        told = _UNREAD if error.fault in _ABSENT else _UNSHOWN
    return DryRunAnswer(
        asked.ask.id, live.rules.version, error=told[:10_000], fault=str(error.fault)
    )


def _masked(detail: dict[str, object], form: AnswerForm) -> dict[str, object]:
    """Also in what is no field, such as the name of a file."""
    return {name: form.text(v) if isinstance(v, str) else v for name, v in detail.items()}
