"""A private node's side of a peer: one held request that brings news, and sending at once."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from schemas.errors import PeerError, PeerUnavailable
from schemas.node import PublicPeer
from schemas.peer import MAX_ITEMS, MAX_WAIT, Exchange
from schemas.values import Millis
from service.peers.backoff import Backoff
from service.peers.carrier import Carrier
from service.peers.contact import Contacts, Way
from service.peers.courier import Courier
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed, ToldRestored
from service.peers.port import Position
from service.peers.pusher import Pusher

log = structlog.get_logger()

INTERVAL = 20.0
"""Seconds."""
_SHORTEST = 5.0
_CUT_AFTER = 3.0
_FULL_AGAIN = 500


class Hold:
    """For how long to let a request be held: full length, or what a proxy in between lets pass."""

    def __init__(self) -> None:
        self.seconds = MAX_WAIT
        self._cuts = 0
        self._rounds = 0

    def answered(self) -> None:
        self._cuts = 0
        self._rounds += 1
        if self._rounds >= _FULL_AGAIN:
            self._rounds, self.seconds = 0, MAX_WAIT

    def was_cut(self, elapsed: float) -> bool:
        """False when the request failed so early that the peer itself must be away."""
        if elapsed < _CUT_AFTER or not self.seconds:
            return False
        self._cuts += 1
        if self._cuts >= 2:
            shorter = min(elapsed, self.seconds) * 0.7
            self.seconds = shorter if shorter >= _SHORTEST else 0.0
            self._cuts = self._rounds = 0
            log.info("peer.polls_cut", after=elapsed, hold=self.seconds)
        return True


class Poller:
    """`interval` tells the seconds between requests where none can be held; asked each time."""

    def __init__(
        self,
        courier: Courier,
        feed: Feed,
        carrier: Carrier,
        bell: Doorbell,
        contacts: Contacts,
        peer: PublicPeer,
        *,
        now: Callable[[], Millis],
        random: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        interval: Callable[[], float] = lambda: INTERVAL,
    ) -> None:
        self._courier = courier
        self._feed = feed
        self._carrier = carrier
        self._contacts = contacts
        self._peer = peer
        self._now = now
        self._sleep = sleep
        self._interval = interval
        self._backoff = Backoff(random)
        self._hold = Hold()
        self._pusher = Pusher(
            courier, feed, carrier, bell, contacts, peer, random=random, sleep=sleep, greets=False
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._carrier.run())
            tasks.create_task(self._pusher.send())
            tasks.create_task(self._receive())

    async def _receive(self) -> None:
        position = await self._position()
        while True:
            began = self._now()
            held = self._hold.seconds
            try:
                answer, position = await self._ask(position, held)
            except (PeerUnavailable, PeerError) as error:
                await self._after_failure(error, (self._now() - began) / 1000)
                # It may have made our feed begin anew.
                position = await self._position()
                continue
            self._backoff.reset()
            self._hold.answered()
            self._contacts.reached(self._peer.id, self._way())
            self._carrier.upload(answer.wanted)
            if not (answer.items or answer.wanted):
                await self._pause(held, (self._now() - began) / 1000)

    async def _position(self) -> Position:
        return (await self._feed.pending(self._peer, max_items=0)).position

    async def _ask(self, position: Position, wait: float) -> tuple[Exchange, Position]:
        said = msgspec.structs.replace(
            self._feed.compose(self._peer, position),
            wait=wait,
            limit=MAX_ITEMS,
            serving=self._carrier.serving,
        )
        try:
            answer = await self._courier.exchange(self._peer, said)
        except (PeerUnavailable, PeerError):
            self._feed.put_back(self._peer, said)
            raise
        return answer, await self._feed.absorb(self._peer, answer) or position

    async def _after_failure(self, error: PeerUnavailable | PeerError, elapsed: float) -> None:
        retry_after = 0.0
        if isinstance(error, PeerUnavailable):
            if self._hold.was_cut(elapsed):
                return
            retry_after = error.retry_after or 0.0
        self._contacts.failed(self._peer.id, self._way(), error)
        if isinstance(error, ToldRestored):
            self._backoff.reset()
        await self._sleep(self._backoff.next(at_least=retry_after))

    async def _pause(self, held: float, elapsed: float) -> None:
        """An empty answer: ask again at once if the request was held, else after a while."""
        if not held:
            await self._sleep(self._interval())
        elif elapsed < 1:
            await self._sleep(1.0)

    def _way(self) -> Way:
        return "long poll" if self._hold.seconds else "interval"
