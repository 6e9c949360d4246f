"""What a private node and a relay say to each other, and what two sides say through one.

All but `Envelope`, `PairReply` and the sealed parts can be read by the relay. As between peers,
unknown fields are ignored.
"""

from typing import Annotated, Literal

import msgspec

from schemas.peer import (
    MINIMUM,
    PROTOCOL,
    Declined,
    Exchange,
    Id,
    NodeCard,
    PairAnswer,
    Refusal,
    Refused,
    RequestId,
    Seq,
    Unavailable,
)

CHANNELS_PATH = "/relay/v1/channels"
"""Below it `/{channel}/join`, `poll`, `leave`, `slots/{slot}`, and `blobs/{blob}`."""

MAX_ENVELOPE = 8 << 20
"""Bytes of one envelope."""
MAX_POLL = MAX_ENVELOPE + (1 << 18)
"""Bytes of the answer to a poll."""

Secret = Annotated[bytes, msgspec.Meta(min_length=16, max_length=64)]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Slot = Literal["pair", "feed"]
SLOTS: tuple[Slot, ...] = ("pair", "feed")


class RelayPlace(msgspec.Struct, frozen=True):
    """Where two private nodes meet."""

    url: str
    """Of the relay."""
    identity_key: bytes
    """Of the relay, as pinned when this node first came to it."""
    channel: str
    knows: int = 0
    """Serial of our card that the relay has."""


class OpenChannel(msgspec.Struct, frozen=True):
    card: NodeCard
    """Of the caller, whose identity signs the request."""
    sealed: Annotated[bytes, msgspec.Meta(max_length=4096)]
    """A `ChannelPass`, sealed to the relay."""
    version: int = PROTOCOL
    minimum: int = MINIMUM


class ChannelPass(msgspec.Struct, frozen=True):
    id: Id
    """Of the pass."""
    secret: Secret
    channel: RequestId
    """Chosen by the caller, at random."""
    join: Digest
    """SHA-256 of the key by which the other side may join."""


class JoinChannel(msgspec.Struct, frozen=True):
    card: NodeCard
    sealed: Annotated[bytes, msgspec.Meta(max_length=4096)]
    """A `JoinKey`, sealed to the relay."""
    version: int = PROTOCOL
    minimum: int = MINIMUM


class JoinKey(msgspec.Struct, frozen=True):
    key: Digest


class Joined(msgspec.Struct, frozen=True):
    other: NodeCard
    """Of the side that opened the channel; the caller checks it against its invitation."""


class Poll(msgspec.Struct, frozen=True, omit_defaults=True):
    slot: Slot
    have: Seq = 0
    """Number of the envelope that the caller took last; 0 asks for whatever lies there."""
    blobs: Annotated[tuple[RequestId, ...], msgspec.Meta(max_length=1000)] = ()
    """Blobs that the caller knows to lie there for it: one more or less ends the wait."""
    placed: Annotated[tuple[RequestId, ...], msgspec.Meta(max_length=1000)] = ()
    """Likewise of its own."""
    wait: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    """Seconds for which the answer may be held back while there is nothing new."""


class Polled(msgspec.Struct, frozen=True, omit_defaults=True):
    number: Seq = 0
    """Of the envelope that lies there, given by the relay; 0 when none does."""
    envelope: bytes = b""
    """b'' when the caller has it already."""
    blobs: tuple[RequestId, ...] = ()
    """That the other side has put here whole."""
    placed: tuple[RequestId, ...] = ()
    """That the caller has put here and the other side has not taken yet."""
    silent: float = 0.0
    """Seconds since the other side last asked, or since the relay began if that is less."""


class Notices(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be told once. It is repeated until the listener has seen envelope `number`."""

    number: Seq
    """Of the first envelope that told it."""
    refused: Annotated[tuple[Refusal, ...], msgspec.Meta(max_length=1000)] = ()
    unavailable: Annotated[tuple[Unavailable, ...], msgspec.Meta(max_length=1000)] = ()
    declined: Annotated[tuple[Declined, ...], msgspec.Meta(max_length=1000)] = ()


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that one side has to say to the other; a newer one replaces it. Sealed end to end."""

    number: Seq
    """Rises, so that an old envelope that is put in again is recognised."""
    exchange: Exchange
    seen: Seq = 0
    """The highest number that the speaker has taken in."""
    notices: Annotated[tuple[Notices, ...], msgspec.Meta(max_length=1000)] = ()


class PairReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the inviter puts into its `pair` slot. The answer is sealed by itself."""

    to: Digest
    """SHA-256 of the request as it lay in the joiner's slot."""
    answer: PairAnswer | None = None
    refused: Refused | None = None
