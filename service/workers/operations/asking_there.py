"""Asks the other side's node what it would write, and waits for its answer."""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from schemas.dry_runs import (
    ASK_TWIN,
    BUSY,
    MAX_ENCODED,
    MAX_SECONDS,
    NOT_ANSWERED,
    RESTING,
    TOO_OFTEN,
    DryRunAnswer,
    DryRunAsk,
)
from schemas.node import Activity, Connection
from schemas.peer import NO_CONNECTION, UNKNOWN_KIND, Refusal
from schemas.replica import TwinMessage
from schemas.rule_life import NotAnswered, OtherEnd
from schemas.twin import Twin
from service.store import activity, connections, disclosures, dry_runs, outbox
from service.store.dry_runs import DryRunKey
from service.workers.disclosing import left
from service.workers.operations.desk import Desk

NOTHING = NotAnswered("nothing_to_ask", "There is nothing that the other side would be told.", "")
_AGAIN = "Try again in a moment."
_BUSY_HERE = NotAnswered("busy", "Another dry run of this connection is being asked there.", _AGAIN)
_LARGE = NotAnswered(
    "too_large",
    "The issue is too large to be asked about.",
    "Try the rules with a smaller one.",
)
_UNPAIRED = NotAnswered(
    "not_paired",
    "The other side has not taken this pair of existing issues yet.",
    "Wait until both sides have named the pair.",
)
_SILENT = NotAnswered(
    "no_answer",
    "The other node has not answered in time.",
    "Look whether it is reached (tidegate peer list), or give it longer.",
)
_REFUSALS: Mapping[str, NotAnswered] = {
    NOT_ANSWERED: NotAnswered(
        "refused",
        "The other side does not answer dry runs.",
        "Ask its administrator to allow it there: tidegate connection set CONNECTION"
        " --answers-dry-runs yes",
    ),
    UNKNOWN_KIND: NotAnswered(
        "too_old",
        "The other node is of an older version, which answers no dry runs.",
        "Ask its administrator to update it.",
    ),
    NO_CONNECTION: NotAnswered(
        "refused",
        "The other node does not know this connection.",
        "Ask its administrator whether it was removed there.",
    ),
    RESTING: NotAnswered(
        "resting", "The connection rests at the other side.", "Resume it there, then ask again."
    ),
    BUSY: NotAnswered("busy", "The other side answers another dry run just now.", _AGAIN),
    TOO_OFTEN: NotAnswered(
        "too_often", "The other side was asked too often.", "Ask again in a minute."
    ),
}

_encode = msgspec.msgpack.Encoder().encode


class AskingThere:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(
        self, record: Connection, twin: Twin, message: TwinMessage, seconds: float, author: str
    ) -> OtherEnd | NotAnswered:
        """`author` is who asks, for the record."""
        if record.status != "active":
            return _resting(record)
        if twin.claimed and not twin.included:
            return _UNPAIRED
        desk = self._desk
        path = (*twin.path, desk.identity.origin)
        message = msgspec.structs.replace(message, path=path, turn=twin.turn)
        ask = DryRunAsk(desk.new_id(), message, min(seconds, MAX_SECONDS))
        if len(_encode(ask)) > MAX_ENCODED:
            return _LARGE
        key = DryRunKey(record.id, True, ask.id, record.peer)
        if not await desk.store.write(lambda c: self._put(c, key, twin, ask, author)):
            return _BUSY_HERE
        try:
            desk.ring_peer(record.peer)
            reply = await desk.dry_runs.reply(key, ask.seconds)
        finally:
            await desk.store.write(lambda c: _end(c, key))
            desk.ring_peer(record.peer)
        if reply is not None and reply.answer is not None:
            return _shown(record, reply.answer)
        if reply is not None and reply.refusal is not None:
            return _refused(reply.refusal)
        now = desk.roster.connections.get(record.id)
        return _SILENT if now is None or now.record.status == "active" else _resting(now.record)

    def _put(
        self, c: sa.Connection, key: DryRunKey, twin: Twin, ask: DryRunAsk, author: str
    ) -> bool:
        """What leaves stands in the ledger, as that of any message does."""
        now, message = self._desk.now(), ask.message
        record = connections.locked(c, key.connection)
        until = now + round(ask.seconds * 1000)
        if record is None or not dry_runs.begin(c, key, until=until, now=now):
            return False
        outbox.put(c, key.peer, key.connection, ASK_TWIN + key.id, _encode(ask), now)
        disclosures.add(c, left(twin, message, record, now))
        issue = twin.issue.key if twin.issue else ""
        detail = {"by": author, "fields": sorted(message.replica.fields)}
        asked = Activity(now, "dry_run.asked", record.id, message.twin, issue, detail=detail)
        activity.append(c, asked)
        return True


def _end(c: sa.Connection, key: DryRunKey) -> None:
    outbox.withdraw(c, key.peer, key.connection, ASK_TWIN + key.id)
    dry_runs.forget(c, key)


def _resting(record: Connection) -> NotAnswered:
    return NotAnswered(
        "resting",
        f"The connection is {record.status}: nothing travels. {record.reason}".strip(),
        f"See: tidegate connection show {record.name}",
    )


def _refused(refusal: Refusal) -> NotAnswered:
    known = _REFUSALS.get(refusal.code)
    if known is not None:
        return known
    reason = "".join(c if c.isprintable() else " " for c in refusal.reason)
    return NotAnswered("refused", f"The other node refuses: {reason}", "Ask its administrator.")


def _shown(record: Connection, answer: DryRunAnswer) -> OtherEnd:
    return OtherEnd(
        record.remote_side,
        answer.version,
        answer.wanted,
        answer.writes,
        answer.notes,
        answer.error,
    )
