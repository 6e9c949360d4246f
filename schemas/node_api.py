"""Bodies that tell of the node itself and of what waits in it."""

from typing import Literal

import msgspec

from schemas.values import Millis


class NodeView(msgspec.Struct, frozen=True):
    id: str
    name: str
    kind: Literal["public", "private"]
    public_url: str
    version: str


class PeerQueue(msgspec.Struct, frozen=True):
    peer: str
    messages: int
    oldest: Millis | None


class QueueView(msgspec.Struct, frozen=True):
    """What waits, and since when."""

    due: int
    """Twins to be reconciled now."""
    later: int
    """Twins that rest until their due time, such as between two attempts."""
    working: int
    """Twins in the hands of a worker."""
    arrived: int
    """Twins for which something of the other side waits to be taken in."""
    parked: int
    """Twins that wait for a person."""
    outbox: int
    """Messages that no peer has confirmed yet."""
    oldest_due: Millis | None
    oldest_outbox: Millis | None
    peers: tuple[PeerQueue, ...]
