"""Envelopes between two sides of a channel: sealed to the other side and signed inside."""

from collections.abc import Callable

import msgspec
import structlog

from schemas.errors import PeerError
from schemas.node import RelayedPeer
from schemas.peer import Declined, Exchange, Refusal, Unavailable
from schemas.relay import Envelope, Notices
from schemas.values import Millis
from service.peers.decoding import MALFORMED
from service.peers.identity import NodeIdentity
from service.peers.sealing import Context, open_sealed, seal

log = structlog.get_logger()

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Envelope).decode


def seal_envelope(identity: NodeIdentity, peer: RelayedPeer, envelope: Envelope) -> bytes:
    return seal(identity, peer, _context(peer), _encode(envelope))


def open_envelope(identity: NodeIdentity, peer: RelayedPeer, sealed: bytes) -> Envelope:
    """Raises `PeerError` for what is forged, altered, our own, or of another channel."""
    payload = open_sealed(identity, peer, _context(peer), sealed)
    try:
        return _decode(payload)
    except MALFORMED as error:
        raise PeerError(f"The envelope is malformed: {error}") from error


def _context(peer: RelayedPeer) -> Context:
    return Context(peer.relay.channel, "", "relay")


class Correspondence:
    """What has been said and heard in one channel: numbers, and what is to be told just once.

    `heard` is the highest number that was taken in before this process began.
    """

    def __init__(self, heard: int, *, now: Callable[[], Millis]) -> None:
        self._now = now
        self._said = 0
        self._seen = 0
        self.heard = heard
        self._notices: tuple[Notices, ...] = ()

    def write(self, exchange: Exchange) -> Envelope:
        """The next envelope. What is to be told once stays in all of them until it was seen."""
        # From the clock, so that they rise over restarts without being stored.
        self._said = max(self._now(), self._said + 1, self._seen + 1)
        if exchange.refused or exchange.unavailable or exchange.declined:
            fresh = Notices(self._said, exchange.refused, exchange.unavailable, exchange.declined)
            self._notices = (*self._notices, fresh)[-1000:]
            exchange = msgspec.structs.replace(exchange, refused=(), unavailable=(), declined=())
        return Envelope(self._said, exchange, self.heard, self._notices)

    def is_news(self, envelope: Envelope) -> bool:
        """False for an old one, whoever put it in again. It may still confirm what we said."""
        self._seen = max(self._seen, envelope.seen)
        self._notices = tuple(each for each in self._notices if each.number > envelope.seen)
        if envelope.number < self.heard:
            log.warning("relay.old_envelope", number=envelope.number, heard=self.heard)
        return envelope.number > self.heard

    def said_in(self, envelope: Envelope) -> Exchange:
        """With the notices that are new here."""
        refused: list[Refusal] = []
        unavailable: list[Unavailable] = []
        declined: list[Declined] = []
        for each in envelope.notices:
            if each.number > self.heard:
                refused += each.refused
                unavailable += each.unavailable
                declined += each.declined
        return msgspec.structs.replace(
            envelope.exchange,
            refused=tuple(refused),
            unavailable=tuple(unavailable),
            declined=tuple(declined),
        )

    @property
    def unseen(self) -> bool:
        """The other side has not taken in our last envelope."""
        return self._seen < self._said
