"""The task that keeps a peer in touch: which one, follows from who has an address."""

from collections.abc import Awaitable, Callable

import msgspec

from schemas.node import Peer, PublicPeer, RelayedPeer
from schemas.values import Millis
from service.peers.carrier import Carrier
from service.peers.contact import Contacts
from service.peers.courier import Courier
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed
from service.peers.identity import NodeIdentity, RandomBytes
from service.peers.poller import INTERVAL, Poller
from service.peers.port import AttachmentSink, AttachmentSource, Traffic
from service.peers.pusher import Pusher
from service.peers.quiet import UNWATCHED
from service.peers.relay.carrier import RelayCarrier
from service.peers.relay.client import RelayClient
from service.peers.relay.link import HeardStore, RelayLink


def default_interval(peer: str) -> float:
    return INTERVAL


class ThroughRelay(msgspec.Struct, frozen=True):
    """What a link through a relay needs besides."""

    identity: NodeIdentity
    memory: HeardStore
    random_bytes: RandomBytes


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
    relay: ThroughRelay | None = None

    def task(self, peer: Peer) -> Callable[[], Awaitable[None]] | None:
        """Runs until cancelled. None for a private peer: it asks us. Begin anew when the peer's URL
        or keys change, and never run two for one peer."""
        if isinstance(peer, RelayedPeer) and self.relay is not None:
            return self._relayed(peer, self.relay).run
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

    def _relayed(self, peer: RelayedPeer, needs: ThroughRelay) -> RelayLink:
        client = RelayClient(self.courier, needs.identity)
        carrier = RelayCarrier(
            client,
            needs.identity,
            peer,
            self.bell,
            self.source,
            self.sink,
            random=self.random,
            random_bytes=needs.random_bytes,
            sleep=self.sleep,
            traffic=self.traffic,
        )
        return RelayLink(
            client,
            needs.identity,
            self.feed,
            carrier,
            self.bell,
            self.contacts,
            needs.memory,
            peer,
            now=self.now,
            random=self.random,
            sleep=self.sleep,
            interval=lambda: self.interval(peer.id),
            traffic=self.traffic,
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
