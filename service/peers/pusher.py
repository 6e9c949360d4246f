"""Sends what waits for one public peer: at once when the bell rings, all of it together."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from schemas.errors import PeerError, PeerUnavailable
from schemas.node import PublicPeer
from schemas.peer import MAX_ITEMS, Exchange
from service.peers.backoff import Backoff
from service.peers.carrier import Carrier
from service.peers.contact import Contacts, Way
from service.peers.courier import Courier
from service.peers.doorbell import Doorbell
from service.peers.feed import BATCH_BYTES, Feed, ToldRestored
from service.peers.port import Outgoing

_GATHER_SECONDS = 0.004
_BUSY_SECONDS = 0.05
"""What comes so soon after the last is one of many: they gather, and travel together."""
_LOOK_SECONDS = 60.0
"""How often to look without a ring, and to say hello when there is nothing to send."""


class Pusher:
    """One per peer: two at a time would send batches out of order."""

    def __init__(
        self,
        courier: Courier,
        feed: Feed,
        carrier: Carrier,
        bell: Doorbell,
        contacts: Contacts,
        peer: PublicPeer,
        *,
        random: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        greets: bool = True,
    ) -> None:
        self._courier = courier
        self._feed = feed
        self._carrier = carrier
        self._bell = bell
        self._contacts = contacts
        self._peer = peer
        self._sleep = sleep
        self._backoff = Backoff(random)
        self._greets = greets
        self._sent = False
        self._way: Way = "push" if greets else "long poll"

    async def run(self) -> None:
        """For two public nodes: sending and attachments."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._carrier.run())
            tasks.create_task(self.send())

    async def send(self) -> None:
        hello = self._greets
        clock = asyncio.get_running_loop().time
        while True:
            seen = self._bell.count(self._peer.id)
            try:
                more = await self._deliver(hello=hello)
            except (PeerUnavailable, PeerError) as error:
                self._contacts.failed(self._peer.id, self._way, error)
                if isinstance(error, ToldRestored):
                    self._backoff.reset()
                retry_after = error.retry_after if isinstance(error, PeerUnavailable) else None
                await self._sleep(self._backoff.next(at_least=retry_after or 0.0))
                hello = self._greets
                continue
            self._backoff.reset()
            hello = False
            if not more:
                idle_since = clock()
                rang = await self._bell.wait(self._peer.id, seen, _LOOK_SECONDS)
                hello = self._greets and not rang
                if rang and self._sent and clock() - idle_since < _BUSY_SECONDS:
                    await _pause(_GATHER_SECONDS)

    async def _deliver(self, *, hello: bool) -> bool:
        """True when more may wait."""
        outgoing = await self._feed.pending(self._peer)
        self._sent = bool(outgoing.items)
        self._carrier.fetch(outgoing.requests)
        unavailable = self._carrier.take_unavailable()
        owed = self._feed.owes_word(self._peer)
        if not (outgoing.items or unavailable or hello or owed):
            return False
        said = msgspec.structs.replace(
            self._feed.compose(self._peer, outgoing.position, outgoing), unavailable=unavailable
        )
        try:
            answer = await self._courier.exchange(self._peer, said)
        except (PeerUnavailable, PeerError):
            self._carrier.put_back(unavailable)
            self._feed.put_back(self._peer, said)
            raise
        if self._greets:
            self._contacts.reached(self._peer.id, self._way)
        await self._feed.absorb(self._peer, answer)
        _check_taken(outgoing, answer)
        return _may_be_more(outgoing)


def _check_taken(outgoing: Outgoing, answer: Exchange) -> None:
    if not outgoing.items:
        return
    if answer.have_epoch != outgoing.position.epoch or answer.have < outgoing.items[-1].seq:
        raise PeerUnavailable("The peer answered, but has not taken what was sent.")


def _may_be_more(outgoing: Outgoing) -> bool:
    size = sum(len(item.sealed) for item in outgoing.items)
    return len(outgoing.items) >= MAX_ITEMS or size >= BATCH_BYTES // 2


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)
