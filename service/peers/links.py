"""The task that keeps a peer in touch: which one, follows from who has an address."""

from collections.abc import Awaitable, Callable

import msgspec

from schemas.node import Peer, PublicPeer
from schemas.values import Millis
from service.peers.carrier import Carrier
from service.peers.contact import Contacts
from service.peers.courier import Courier
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed
from service.peers.poller import INTERVAL, Poller
from service.peers.port import AttachmentSink, AttachmentSource, Traffic
from service.peers.pusher import Pusher
from service.peers.quiet import UNWATCHED


def default_interval(peer: str) -> float:
    return INTERVAL


class Links(msgspec.Struct, frozen=True):
    """`public`: this node has a public URL. `interval` tells the seconds between requests to a peer
    (by node id) where none can be held."""

    public: bool
    courier: Courier
    feed: Feed
    bell: Doorbell
    contacts: Contacts
    source: AttachmentSource
    sink: AttachmentSink
    now: Callable[[], Millis]
    random: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    interval: Callable[[str], float] = default_interval
    traffic: Traffic = UNWATCHED

    def task(self, peer: Peer) -> Callable[[], Awaitable[None]] | None:
        """Runs until cancelled. None for a private peer: it asks us. Begin anew when the peer's URL
        or keys change, and never run two for one peer."""
        if not isinstance(peer, PublicPeer):
            return None
        return self._pusher(peer).run if self.public else self._poller(peer).run

    def _pusher(self, peer: PublicPeer) -> Pusher:
        return Pusher(
            self.courier,
            self.feed,
            self._carrier(peer),
            self.bell,
            self.contacts,
            peer,
            random=self.random,
            sleep=self.sleep,
        )

    def _poller(self, peer: PublicPeer) -> Poller:
        return Poller(
            self.courier,
            self.feed,
            self._carrier(peer),
            self.bell,
            self.contacts,
            peer,
            now=self.now,
            random=self.random,
            sleep=self.sleep,
            interval=lambda: self.interval(peer.id),
        )

    def _carrier(self, peer: PublicPeer) -> Carrier:
        return Carrier(
            self.courier,
            peer,
            self.bell,
            self.source,
            self.sink,
            random=self.random,
            sleep=self.sleep,
            traffic=self.traffic,
        )
