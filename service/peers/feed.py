"""One feed per direction: what is said in an exchange, and what is taken in from one.

Push and poll, caller and callee use the same two steps: `compose` and `absorb`.
"""

import msgspec
import structlog

from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.node import Peer
from schemas.peer import (
    MAX_BODY,
    MAX_ITEM,
    MAX_ITEMS,
    NOTICE_TWIN,
    UNKNOWN_KIND,
    ConnectionNotice,
    Declined,
    Exchange,
    FeedItem,
    Refusal,
    Verdict,
    check_version,
)
from schemas.replica import TwinMessage
from service.peers.decoding import MALFORMED
from service.peers.dry_runs import ANSWER, ASK, open_answer, open_ask
from service.peers.identity import NodeIdentity
from service.peers.port import (
    Acquaintance,
    FeedStore,
    Incoming,
    Outgoing,
    Position,
    ReceivedAnswer,
    ReceivedAsk,
    ReceivedItem,
    ReceivedNotice,
    Traffic,
)
from service.peers.quiet import UNWATCHED
from service.peers.sealing import Context, UnknownKey, open_sealed, seal

log = structlog.get_logger()

_SAID_OF_THEM = {
    "wait": "The peer has lost a part of its past: it may be restored from a backup, or a copy.",
    "restored": "The peer was restored from a backup; a resync follows.",
    "fork": "Two copies of the peer are running; neither is listened to.",
}
_SAID_OF_US = {
    "wait": "The peer looks whether this node was restored from a backup, or is a copy.",
    "restored": "This node was restored from a backup; a resync follows.",
    "fork": "The peer hears two copies of this node, and listens to neither.",
}
_HELP = {"fork": "Stop the copy, then on the real node: tidegate node claim"}

BATCH_BYTES = MAX_BODY // 2
_TWIN = "twin"
NOTICE = "connection"

_encode_message = msgspec.msgpack.Encoder().encode
_decode_message = msgspec.msgpack.Decoder(TwinMessage).decode
_decode_notice = msgspec.msgpack.Decoder(ConnectionNotice).decode


def seal_message(
    identity: NodeIdentity, recipient: Peer, connection: str, message: TwinMessage
) -> bytes:
    """What the outbox holds for a peer. `connection` is the shared id."""
    context = Context(connection, message.twin, _TWIN)
    return seal(identity, recipient, context, _encode_message(message))


def seal_notice(
    identity: NodeIdentity, recipient: Peer, connection: str, notice: ConnectionNotice
) -> bytes:
    context = Context(connection, NOTICE_TWIN, NOTICE)
    return seal(identity, recipient, context, _encode_message(notice))


def open_notice(identity: NodeIdentity, sender: Peer, item: FeedItem) -> ConnectionNotice:
    """Raises `PeerError`."""
    if item.twin != NOTICE_TWIN:
        raise PeerError("A notice about a connection speaks of no twin.")
    context = Context(item.connection, item.twin, item.kind)
    try:
        return _decode_notice(open_sealed(identity, sender, context, item.sealed))
    except MALFORMED as error:
        raise PeerError(f"The notice is malformed: {error}") from error


def open_message(identity: NodeIdentity, sender: Peer, item: FeedItem) -> TwinMessage:
    """Raises `PeerError` for what is forged, altered, of an unknown kind or about another twin."""
    if item.kind != _TWIN:
        raise UnknownKind(f"This node does not know messages of the kind {item.kind!r}.")
    if item.twin.startswith("@"):
        raise PeerError("No twin has a name like this.")
    context = Context(item.connection, item.twin, item.kind)
    payload = open_sealed(identity, sender, context, item.sealed)
    try:
        message = _decode_message(payload)
    except MALFORMED as error:
        raise PeerError(f"The message is malformed: {error}") from error
    if message.twin != item.twin:
        raise PeerError("The message is about another twin than its envelope says.")
    return message


class UnknownKind(PeerError):
    """Of a newer version than this node's."""


class ToldRestored(PeerUnavailable):
    """The peer has settled that this node was restored; what follows need not wait."""


class NotTaken(PeerUnavailable):
    """What a peer said was left aside: it may be a copy of the peer, or restored."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(_SAID_OF_THEM[verdict], remedy=_HELP.get(verdict, ""))
        self.verdict = verdict


class Unchanging:
    """The acquaintance of nodes that stay as they were paired."""

    def latest(self, peer: Peer) -> Peer:
        return peer

    def introduce(self, peer: Peer, said: Exchange) -> Exchange:
        return said

    async def hear(self, peer: Peer, heard: Exchange) -> Verdict:
        return ""


class Feed:
    def __init__(
        self,
        identity: NodeIdentity,
        store: FeedStore,
        acquaintance: Acquaintance | None = None,
        *,
        traffic: Traffic = UNWATCHED,
    ) -> None:
        self._traffic = traffic
        self._identity = identity
        self._store = store
        self._acquaintance = acquaintance or Unchanging()
        self._verdicts: dict[str, Verdict] = {}
        self._heard: dict[str, tuple[str, int, str, int]] = {}
        self._refusals: dict[str, tuple[Refusal, ...]] = {}
        self._declined: dict[str, tuple[Declined, ...]] = {}

    async def pending(self, peer: Peer, *, max_items: int = MAX_ITEMS) -> Outgoing:
        """What waits for the peer, without what is too large to travel."""
        while True:
            if self._doubted(peer):
                max_items = 0
            outgoing = await self._store.give(
                peer.id, max_bytes=BATCH_BYTES, max_items=min(max_items, MAX_ITEMS)
            )
            oversized = tuple(
                _too_large(item) for item in outgoing.items if len(item.sealed) > MAX_ITEM
            )
            if not oversized:
                return outgoing
            log.warning("peer.items_too_large", peer=peer.id, count=len(oversized))
            await self._store.set_aside(peer.id, oversized)

    def _doubted(self, peer: Peer) -> bool:
        """A copy of the peer is given nothing that it would write."""
        lineage = self.latest(peer).lineage
        return bool(lineage.suspect or lineage.forked or peer.id in self._verdicts)

    def compose(self, peer: Peer, position: Position, outgoing: Outgoing | None = None) -> Exchange:
        """Also tells once what of the peer's was refused since."""
        said = Exchange(
            epoch=position.epoch,
            have=position.have,
            have_epoch=position.have_epoch,
            after=outgoing.after if outgoing else 0,
            items=outgoing.items if outgoing else (),
            refused=self._refusals.pop(peer.id, ()),
            declined=self._declined.pop(peer.id, ()),
            verdict=self._verdicts.get(peer.id, ""),
        )
        return self._acquaintance.introduce(self.latest(peer), said)

    def latest(self, peer: Peer) -> Peer:
        """The peer as it is pinned now."""
        return self._acquaintance.latest(peer)

    def gives_card(self, peer: Peer) -> bool:
        """The next answer tells the peer of new keys."""
        return self._acquaintance.introduce(peer, Exchange("-")).card is not None

    def verdict(self, peer: Peer, position: Position, verdict: Verdict) -> Exchange:
        """The answer to what was not taken: it gives nothing away."""
        said = Exchange(
            position.epoch, position.have, have_epoch=position.have_epoch, verdict=verdict
        )
        return self._acquaintance.introduce(self.latest(peer), said)

    async def absorb(self, peer: Peer, heard: Exchange) -> Position | None:
        """Stores what is new in an answer; None when nothing was. Refused items do not keep others
        back.

        Raises `PeerError` when the exchange as a whole is wrong, and `PeerUnavailable` when either
        side may be a copy of itself; then nothing was stored.
        """
        try:
            position = await self.admit(peer, heard)
        except InputError as error:
            raise PeerError(error.message, remedy=error.remedy) from error
        except NotTaken as judged:
            self._verdicts[peer.id] = judged.verdict
            if heard.verdict:
                raise _doubted_by_peer(heard.verdict) from judged
            raise
        self._verdicts.pop(peer.id, None)
        if heard.verdict:
            raise _doubted_by_peer(heard.verdict)
        return position

    async def admit(self, peer: Peer, heard: Exchange) -> Position | None:
        """The same for a request. Raises `NotTaken` for what is to be answered with a verdict."""
        check_version(heard.version, heard.minimum)
        _check_order(heard.items)
        verdict = await self._acquaintance.hear(peer, heard)
        if verdict:
            raise NotTaken(verdict)
        peer = self.latest(peer)
        said = (heard.epoch, heard.have, heard.have_epoch, heard.after)
        content = heard.items or heard.refused or heard.unavailable or heard.declined
        if not content and self._heard.get(peer.id) == said:
            return None
        opened = self._open_all(peer, heard.items)
        taken = await self._store.take(
            peer.id,
            Incoming(
                epoch=heard.epoch,
                after=heard.after,
                upto=heard.items[-1].seq if heard.items else 0,
                items=tuple(opened.items),
                have=heard.have,
                have_epoch=heard.have_epoch,
                refused=heard.refused,
                unavailable=heard.unavailable,
                declined=heard.declined,
                notices=tuple(opened.notices),
                asks=tuple(opened.asks),
                answers=tuple(opened.answers),
            ),
        )
        self._heard[peer.id] = said
        refused = (*opened.refused, *taken.refused)
        for refusal in refused:
            self._traffic.refused(peer.id, refusal.code)
        self._tell(peer, refused)
        return taken.position

    def decline(self, peer: str, declined: tuple[Declined, ...]) -> None:
        """Attachments of the peer's that are left out here; it is told once."""
        if declined:
            self._declined[peer] = (*self._declined.get(peer, ()), *declined)[-MAX_ITEMS:]

    def owes_word(self, peer: Peer) -> bool:
        """Something is to be told that no item of the feed brings about."""
        return peer.id in self._declined

    def put_back(self, peer: Peer, said: Exchange) -> None:
        """What was to be told once, and has not arrived."""
        self._tell(peer, said.refused)
        self.decline(peer.id, said.declined)

    def _tell(self, peer: Peer, refused: tuple[Refusal, ...]) -> None:
        """Refusals that the peer is still to be told."""
        if refused:
            self._refusals[peer.id] = (*self._refusals.get(peer.id, ()), *refused)[-MAX_ITEMS:]

    def _open_all(self, peer: Peer, items: tuple[FeedItem, ...]) -> "_Opened":
        opened = _Opened()
        for item in items:
            try:
                self._open(peer, item, opened)
            except PeerError as error:
                log.warning(
                    "peer.item_refused",
                    peer=peer.id,
                    connection=item.connection,
                    twin=item.twin,
                    seq=item.seq,
                    cause=error.message,
                )
                reason = error.message[:500]
                code = _CODES.get(type(error), "")
                opened.refused.append(Refusal(item.seq, item.connection, item.twin, reason, code))
        return opened

    def _open(self, peer: Peer, item: FeedItem, opened: "_Opened") -> None:
        at, of = (self._identity, peer, item), item.connection
        if item.kind == NOTICE:
            opened.notices.append(ReceivedNotice(item.seq, of, open_notice(*at)))
        elif item.kind == ASK:
            opened.asks.append(ReceivedAsk(item.seq, of, open_ask(*at)))
        elif item.kind == ANSWER:
            opened.answers.append(ReceivedAnswer(of, open_answer(*at)))
        else:
            opened.items.append(ReceivedItem(item.seq, of, open_message(*at)))


class _Opened:
    """The items of one exchange, by kind."""

    def __init__(self) -> None:
        self.items: list[ReceivedItem] = []
        self.notices: list[ReceivedNotice] = []
        self.asks: list[ReceivedAsk] = []
        self.answers: list[ReceivedAnswer] = []
        self.refused: list[Refusal] = []


_CODES: dict[type[PeerError], str] = {UnknownKey: "unknown_key", UnknownKind: UNKNOWN_KIND}


def _doubted_by_peer(verdict: str) -> PeerUnavailable:
    """Also for a verdict of a newer version."""
    kind = ToldRestored if verdict == "restored" else PeerUnavailable
    return kind(_SAID_OF_US.get(verdict, _SAID_OF_US["wait"]), remedy=_HELP.get(verdict, ""))


def _too_large(item: FeedItem) -> Refusal:
    reason = f"The issue is too large to travel: {len(item.sealed)} bytes of {MAX_ITEM} allowed."
    return Refusal(item.seq, item.connection, item.twin, reason)


def _check_order(items: tuple[FeedItem, ...]) -> None:
    last = 0
    for item in items:
        if item.seq <= last:
            raise InputError("The items of the exchange do not rise by their number.")
        last = item.seq
