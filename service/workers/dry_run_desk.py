"""Dry runs that nodes ask of each other: which asks are taken, and who waits for which answer."""

import asyncio
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from schemas.dry_runs import (
    ANSWER_TWIN,
    ASK_TWIN,
    BUSY,
    MAX_SECONDS,
    NOT_ANSWERED,
    RESTING,
    TOO_OFTEN,
    DryRunAnswer,
    DryRunAsk,
)
from schemas.node import Peer
from schemas.peer import NO_CONNECTION, FeedItem, Refusal
from schemas.values import Millis
from service.peers.dry_runs import ANSWER, ASK, seal_answer, seal_ask
from service.peers.identity import NodeIdentity
from service.peers.port import Allowance, ReceivedAnswer, ReceivedAsk
from service.store import connections, dry_runs
from service.store.dry_runs import DryRunKey
from service.store.outbox import OutboxRow
from service.store.store import Store
from service.workers.roster import LiveConnection, Roster

PER_MINUTE = 30.0
AT_ONCE = 10.0
"""So many asks of one peer are answered."""
_LOOK_SECONDS = 1.0
"""Another daemon on the same store may have been given the answer."""

_decode_ask = msgspec.msgpack.Decoder(DryRunAsk).decode
_decode_answer = msgspec.msgpack.Decoder(DryRunAnswer).decode


class Asked(msgspec.Struct, frozen=True):
    """An ask of a peer's that is to be answered."""

    key: DryRunKey
    ask: DryRunAsk
    until: Millis


class Reply(msgspec.Struct, frozen=True):
    """What became of an ask of ours: an answer, or why there is none."""

    answer: DryRunAnswer | None = None
    refusal: Refusal | None = None


class Heard(msgspec.Struct):
    """The asks and answers of one exchange, on their way through its transaction."""

    peer: str
    willing: list[tuple[LiveConnection, ReceivedAsk]] = []
    refused: list[Refusal] = []
    answers: tuple[ReceivedAnswer, ...] = ()
    begun: list[Asked] = []


_encode_reply = msgspec.msgpack.Encoder().encode
_decode_reply = msgspec.msgpack.Decoder(Reply).decode


class DryRunDesk:
    def __init__(
        self,
        store: Store,
        roster: Roster,
        identity: NodeIdentity,
        *,
        often: Allowance,
        now: Callable[[], Millis],
    ) -> None:
        self._store, self._roster, self._identity = store, roster, identity
        self._often, self._now = often, now
        self._asked: asyncio.Queue[Asked] = asyncio.Queue()
        self._waiting: dict[str, asyncio.Event] = {}
        self._closing = False

    # What is given to a peer

    def item(self, live: LiveConnection, recipient: Peer, row: OutboxRow) -> FeedItem | None:
        """None for what is waited for no more."""
        passed = (self._now() - row.created) / 1000
        shared, at = live.record.shared, (self._identity, recipient, live.record.shared)
        if row.twin.startswith(ANSWER_TWIN):
            if passed >= MAX_SECONDS:
                return None
            sealed = seal_answer(*at, _decode_answer(row.payload))
            return FeedItem(row.seq, shared, row.twin, sealed, ANSWER)
        ask = _decode_ask(row.payload)
        if passed >= ask.seconds:
            return None
        left = msgspec.structs.replace(ask, seconds=min(ask.seconds, ask.seconds - passed))
        return FeedItem(row.seq, shared, row.twin, seal_ask(*at, left), ASK)

    # What is taken from one

    def hear(
        self, peer: str, asks: tuple[ReceivedAsk, ...], answers: tuple[ReceivedAnswer, ...]
    ) -> Heard:
        """Ahead of the transaction: which asks may be answered at all."""
        heard = Heard(peer, answers=answers)
        for told in asks:
            live = self._roster.shared_with(peer, told.connection)
            if live is None or live.record.status == "removed":
                refusal = _refused(told, "This node has no such connection.", NO_CONNECTION)
                heard.refused.append(refusal)
            elif not live.record.settings.answers_dry_runs:
                why = "This side does not answer dry runs."
                heard.refused.append(_refused(told, why, NOT_ANSWERED))
            elif live.record.status != "active":
                heard.refused.append(_refused(told, "The connection rests here.", RESTING))
            elif self._often.take(peer):
                heard.refused.append(_refused(told, "Asked too often.", TOO_OFTEN))
            else:
                heard.willing.append((live, told))
        return heard

    def take(self, c: sa.Connection, heard: Heard) -> list[Refusal]:
        """In the transaction, which may be run again."""
        heard.begun = []
        busy = [refusal for each in heard.willing if (refusal := self._begin(c, heard, *each))]
        for told in heard.answers:
            self._keep(c, heard.peer, told.connection, told.answer.id, Reply(told.answer))
        return [*heard.refused, *busy]

    def _begin(
        self, c: sa.Connection, heard: Heard, live: LiveConnection, told: ReceivedAsk
    ) -> Refusal | None:
        connections.locked(c, live.record.id)
        key, now = DryRunKey(live.record.id, False, told.ask.id, heard.peer), self._now()
        until = now + round(told.ask.seconds * 1000)
        if dry_runs.is_known(c, key):
            # It came once more, for our answer to the exchange was lost.
            return None
        if not dry_runs.begin(c, key, until=until, now=now):
            return _refused(told, "Another dry run is being answered.", BUSY)
        heard.begun.append(Asked(key, told.ask, until))
        return None

    def take_refusal(self, c: sa.Connection, peer: str, refusal: Refusal) -> bool:
        """True where an ask, or an answer, was not taken: no issue waits for that."""
        if refusal.twin.startswith(ASK_TWIN):
            id = refusal.twin.removeprefix(ASK_TWIN)
            self._keep(c, peer, refusal.connection, id, Reply(refusal=refusal))
            return True
        return refusal.twin.startswith(ANSWER_TWIN)

    def _keep(self, c: sa.Connection, peer: str, shared: str, id: str, reply: Reply) -> None:
        """Only what this very peer was asked."""
        live = self._roster.shared_with(peer, shared)
        if live is not None:
            key = DryRunKey(live.record.id, True, id, peer)
            dry_runs.answer(c, self._store.vault, key, _encode_reply(reply))

    def follow(self, heard: Heard, refused: tuple[Refusal, ...]) -> None:
        """After the commit."""
        for asked in heard.begun:
            self._asked.put_nowait(asked)
        ids = [told.answer.id for told in heard.answers]
        ids += [refusal.twin.removeprefix(ASK_TWIN) for refusal in refused]
        for id in ids:
            if id in self._waiting:
                self._waiting[id].set()

    def release(self) -> None:
        """Nobody waits any more: before the node stops."""
        self._closing = True
        for came in self._waiting.values():
            came.set()

    # Both ends of the work

    async def next(self) -> Asked:
        """The next ask that is to be answered."""
        return await self._asked.get()

    async def reply(self, key: DryRunKey, seconds: float) -> Reply | None:
        """None: nothing came in that time."""
        came = self._waiting[key.id] = asyncio.Event()
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        try:
            while True:
                body = await self._store.read(
                    lambda c: dry_runs.answered(c, self._store.vault, key)
                )
                if body is not None:
                    return _decode_reply(body)
                left = deadline - clock()
                if left <= 0 or self._closing:
                    return None
                await _rung(came, min(left, _LOOK_SECONDS))
        finally:
            del self._waiting[key.id]


async def _rung(came: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await came.wait()
    except TimeoutError:
        return
    came.clear()


def _refused(told: ReceivedAsk, why: str, code: str) -> Refusal:
    return Refusal(told.seq, told.connection, ASK_TWIN + told.ask.id, why, code)
