"""What peers need of the rest of the daemon. The composition root ties these to the store."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

import msgspec

from schemas.dry_runs import DryRunAnswer, DryRunAsk
from schemas.node import Peer
from schemas.peer import (
    AttachmentWanted,
    ConnectionNotice,
    Declined,
    Exchange,
    FeedItem,
    Refusal,
    Role,
    Terms,
    Unavailable,
    Verdict,
)
from schemas.replica import TwinMessage
from schemas.values import Millis

ByteStream = AsyncIterator[bytes]


class PeerDirectory(Protocol):
    async def get(self, peer: str) -> Peer | None:
        """By node id. On the path of every request: answer from memory."""
        ...


class Position(msgspec.Struct, frozen=True):
    """Where this node stands with a peer."""

    epoch: str
    """Of our own feed."""
    have: int
    """Everything of the peer's feed up to here is stored."""
    have_epoch: str
    """The peer's epoch in which `have` counts; '' when nothing was received yet."""


class Outgoing(msgspec.Struct, frozen=True):
    position: Position
    after: int
    """The peer has confirmed our feed up to here; 0 when that is not kept."""
    items: tuple[FeedItem, ...]
    """The oldest unconfirmed, by rising `seq`; at least one if there is any, whatever its size."""
    requests: tuple[AttachmentWanted, ...]
    """Contents that this node still wants from the peer; at most a few dozen at a time."""


class ReceivedItem(msgspec.Struct, frozen=True):
    seq: int
    connection: str
    """The shared id."""
    message: TwinMessage


class ReceivedNotice(msgspec.Struct, frozen=True):
    """What the peer says about a connection itself."""

    seq: int
    connection: str
    """The shared id."""
    notice: ConnectionNotice


class ReceivedAsk(msgspec.Struct, frozen=True):
    """The peer asks what would be written here."""

    seq: int
    connection: str
    """The shared id."""
    ask: DryRunAsk


class ReceivedAnswer(msgspec.Struct, frozen=True):
    connection: str
    """The shared id."""
    answer: DryRunAnswer


class Incoming(msgspec.Struct, frozen=True):
    """One exchange of a peer, opened and checked. All of it is stored in one transaction.

    Ids are the peer's words: whether they name something of this peer, the store tells.
    """

    epoch: str
    """Of the peer's feed. Another than the stored one: it was restored, `have` begins at 0."""
    after: int
    """More than our `have`: we have lost something that the peer no longer keeps."""
    upto: int
    """The last `seq` of the batch, refused ones included; 0 when there was none."""
    items: tuple[ReceivedItem, ...]
    have: int
    """The peer has stored our feed up to here; counts only if `have_epoch` is our epoch."""
    have_epoch: str
    refused: tuple[Refusal, ...]
    """Items of ours that the peer received and did not take: a person should know."""
    unavailable: tuple[Unavailable, ...]
    """Contents that the peer will not deliver."""
    declined: tuple[Declined, ...] = ()
    """Attachments of ours that the peer leaves out: a person may want to know."""
    notices: tuple[ReceivedNotice, ...] = ()
    """Stored before the items, whatever their place: an item may follow from one."""
    asks: tuple[ReceivedAsk, ...] = ()
    answers: tuple[ReceivedAnswer, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    position: Position
    refused: tuple[Refusal, ...]
    """Items of connections that this node does not have with this peer, and dry runs that are not
    answered."""


class FeedStore(Protocol):
    async def give(self, peer: str, *, max_bytes: int, max_items: int) -> Outgoing: ...

    async def take(self, peer: str, incoming: Incoming) -> Taken:
        """Stores items newer than what is there, then the position; returns after the commit."""
        ...

    async def set_aside(self, peer: str, refusals: tuple[Refusal, ...]) -> None:
        """Items of ours that can never travel: out of the outbox, shown to a person."""
        ...


class Acquaintance(Protocol):
    """What both nodes tell each other of their keys, addresses and pasts."""

    def latest(self, peer: Peer) -> Peer:
        """As it is pinned now. On the path of every exchange: answer from memory."""
        ...

    def introduce(self, peer: Peer, said: Exchange) -> Exchange:
        """With what the peer does not know yet of this node."""
        ...

    async def hear(self, peer: Peer, heard: Exchange) -> Verdict:
        """Learns what is new. '' when the rest of the exchange is to be taken, else the verdict
        that the peer is told: it may be a copy, and nothing of it is stored."""
        ...


class NonceStore(Protocol):
    async def remember(self, key_id: str, nonce: str, *, created: int, expires: Millis) -> bool:
        """False when the nonce was used before. `created` is in seconds."""
        ...


class OutgoingContent(msgspec.Struct):
    stream: ByteStream
    size: int | None


class IncomingContent(Protocol):
    """What arrives of an attachment. Each portion is genuine; the whole, once the stream ends."""

    @property
    def start(self) -> int:
        """Bytes that go before and were kept of an earlier attempt; 0 for a stream of the whole."""
        ...

    @property
    def known(self) -> Callable[[bytes], None]:
        """To be given those bytes before the stream is read: the hash covers them."""
        ...

    @property
    def sha256(self) -> str:
        """Of all that has come so far."""
        ...

    def stream(self) -> ByteStream:
        """Raises `ContentMismatch` at its end when the whole is not what the sender read."""
        ...


class AttachmentSource(Protocol):
    def open(
        self, peer: str, connection: str, twin: str, attachment: str
    ) -> AbstractAsyncContextManager[OutgoingContent]:
        """Raises `TidegateError` (NOT_FOUND) for what this peer was never shown."""
        ...


class AttachmentSink(Protocol):
    async def expected(self, peer: str, request: str) -> AttachmentWanted | None:
        """The open request of ours to this peer, if there is one, with what to skip."""
        ...

    async def accept(self, request: str, content: IncomingContent) -> None:
        """The content is here once the stream has ended without an error. What came of one that
        broke off is kept, to go on from there. Whole content with a wrong hash is asked for once
        more from its beginning, and then fails."""
        ...

    async def fail(self, request: str, reason: str) -> None:
        """The content will not come; a person should know."""
        ...


class Traffic(Protocol):
    """Told what passes between this node and its peers; `peer` is a node id."""

    def exchanged(self, peer: str, sent: int, received: int) -> None:
        """One exchange, in bytes."""
        ...

    def carried(self, peer: str, direction: Literal["in", "out"], *, resumed: bool) -> None:
        """The content of an attachment has come or gone, to its end."""
        ...

    def refused(self, peer: str, reason: str) -> None:
        """An item of the peer's feed was not taken; `reason` is the code of its refusal."""
        ...


class Allowance(Protocol):
    """How often a peer may ask."""

    def take(self, caller: str) -> float:
        """Seconds to wait; 0.0 when it may, and that counts."""
        ...

    def give_back(self, caller: str) -> None: ...


class OpenInvitation(msgspec.Struct, frozen=True):
    """The responder's record of an invitation: its own, or one that it has accepted."""

    id: str
    verifier: bytes
    role: Role
    """Of this node."""
    expected: str
    """Node id that must ask; '' when anybody with the code may."""
    terms: Terms
    """What this node says about the connection."""
    expires: Millis
    tries: int
    revoked: bool = False
    transcript: bytes = b""
    """Of the request that used it; b'' while unused."""
    answer: bytes = b""
    """What that request was answered with."""


class Paired(msgspec.Struct, frozen=True):
    """The outcome of a pairing: what is to be stored on this side."""

    invitation: str
    role: Role
    """Of this node."""
    peer: Peer
    """A `PublicPeer` when it gave a URL."""
    terms: Terms
    """The inviter's, which bind both."""
    joiner_terms: Terms
    check: str
    """The string that both administrators compare."""


class InvitationStore(Protocol):
    async def find(self, invitation: str) -> OpenInvitation | None: ...

    async def count_try(self, invitation: str) -> None: ...

    async def complete(
        self, paired: Paired, *, transcript: bytes, answer: bytes, now: Millis
    ) -> bool:
        """In one transaction: burns the invitation, stores peer, connection and answer. False when
        it was used, revoked or expired meanwhile."""
        ...
