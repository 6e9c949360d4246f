"""Keeps a private node in touch with a private peer, by its own requests to the relay alone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
import structlog

from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.node import RelayedPeer
from schemas.peer import AttachmentWanted, Exchange
from schemas.relay import Poll, Polled
from schemas.values import Millis
from service.peers.backoff import Backoff
from service.peers.contact import Contacts
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed, NotTaken
from service.peers.identity import NodeIdentity
from service.peers.poller import INTERVAL, Hold
from service.peers.port import Outgoing, Position, Traffic
from service.peers.quiet import UNWATCHED
from service.peers.relay.carrier import RelayCarrier
from service.peers.relay.client import RelayClient
from service.peers.relay.envelopes import Correspondence, open_envelope, seal_envelope

log = structlog.get_logger()

_LOOK_SECONDS = 60.0
_SILENT_SECONDS = 90.0
"""A side asks at least every 25 seconds, or every 20 where polls are cut."""
_BYTES_A_SECOND = 400_000
"""How fast envelopes are replaced that the other side has not fetched yet."""


class HeardStore(Protocol):
    """Remembers over restarts which envelope of a peer was the last one taken in."""

    async def heard(self, peer: str) -> int: ...

    async def set_heard(self, peer: str, number: int) -> None: ...


class RelayLink:
    """One per peer: the newest envelope carries everything for it, of all connections."""

    def __init__(
        self,
        client: RelayClient,
        identity: NodeIdentity,
        feed: Feed,
        carrier: RelayCarrier,
        bell: Doorbell,
        contacts: Contacts,
        memory: HeardStore,
        peer: RelayedPeer,
        *,
        now: Callable[[], Millis],
        random: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        interval: Callable[[], float] = lambda: INTERVAL,
        traffic: Traffic = UNWATCHED,
    ) -> None:
        self._traffic = traffic
        self._client = client
        self._identity = identity
        self._feed = feed
        self._carrier = carrier
        self._bell = bell
        self._contacts = contacts
        self._memory = memory
        self._peer = peer
        self._now = now
        self._sleep = sleep
        self._interval = interval
        self._sending, self._receiving = Backoff(random), Backoff(random)
        self._hold = Hold()
        self._letters = Correspondence(0, now=now)
        self._gist: object = None
        self._owes_answer = False
        self._wanted: tuple[AttachmentWanted, ...] = ()
        self._heard_from = asyncio.Event()
        self._position: Position | None = None

    async def run(self) -> None:
        self._letters.heard = await self._memory.heard(self._peer.id)
        self._position = (await self._feed.pending(self._peer, max_items=0)).position
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._carrier.run())
            tasks.create_task(self._send())
            tasks.create_task(self._receive())

    @property
    def _latest(self) -> RelayedPeer:
        """With the keys that are pinned now, met where this link meets it."""
        found = self._feed.latest(self._peer)
        return found if isinstance(found, RelayedPeer) else self._peer

    async def _send(self) -> None:
        while True:
            seen = self._bell.count(self._peer.id)
            try:
                size = await self._say()
            except (PeerUnavailable, PeerError) as error:
                self._contacts.failed(self._peer.id, "relay", error)
                retry_after = error.retry_after if isinstance(error, PeerUnavailable) else None
                await self._sleep(self._sending.next(at_least=retry_after or 0.0))
                continue
            self._sending.reset()
            await self._let_fetch(size)
            await self._bell.wait(self._peer.id, seen, _LOOK_SECONDS)

    async def _say(self) -> int:
        """Replaces our envelope if there is something new to say; answers its size."""
        outgoing = await self._feed.pending(self._peer)
        unavailable = self._carrier.take_unavailable()
        exchange = msgspec.structs.replace(
            self._feed.compose(self._peer, outgoing.position, outgoing),
            unavailable=unavailable,
            wanted=outgoing.requests,
        )
        gist = _gist(outgoing), _told_of_itself(exchange)
        told = bool(exchange.refused or unavailable or exchange.declined)
        if gist == self._gist and not told and not self._owes_answer:
            await self._carrier.clear(outgoing.requests)
            return 0
        # Notices stay in the letters from here on, also when the request fails.
        envelope = self._letters.write(exchange)
        self._gist = None
        self._owes_answer = False
        self._heard_from.clear()
        sealed = seal_envelope(self._identity, self._latest, envelope)
        await self._client.put(self._peer.relay, "feed", sealed)
        self._traffic.exchanged(self._peer.id, len(sealed), 0)
        self._gist = gist
        await self._carrier.clear(outgoing.requests)
        return len(sealed)

    async def _let_fetch(self, size: int) -> None:
        """A side that is away should not cost a large envelope for each change here."""
        if not self._letters.unseen or not size:
            return
        try:
            async with asyncio.timeout(size / _BYTES_A_SECOND):
                await self._heard_from.wait()
        except TimeoutError:
            return

    async def _receive(self) -> None:
        number = 0
        # The first answer comes at once: an admin wants to see how things stand.
        first = True
        while True:
            began, held = self._now(), 0.0 if first else self._hold.seconds
            asked = Poll("feed", number, self._carrier.known, self._carrier.placed, held)
            try:
                polled = await self._client.poll(self._peer.relay, asked)
                await self._take(polled)
            except (PeerUnavailable, PeerError, InputError) as error:
                await self._after_failure(error, (self._now() - began) / 1000)
                continue
            number = polled.number
            self._receiving.reset()
            self._hold.answered()
            self._tell_health(polled)
            if not polled.envelope and not first:
                await self._pause(held, (self._now() - began) / 1000)
            first = False

    async def _take(self, polled: Polled) -> None:
        if polled.envelope:
            await self._open(polled.envelope)
        self._carrier.upload(self._wanted, polled.placed)
        self._carrier.fetch(polled.blobs)

    async def _open(self, sealed: bytes) -> None:
        """What cannot be opened is passed over: only the other side can put in a better one."""
        try:
            envelope = open_envelope(self._identity, self._latest, sealed)
        except PeerError as error:
            log.warning("relay.envelope_refused", peer=self._peer.id, cause=error.message)
            return
        self._traffic.exchanged(self._peer.id, 0, len(sealed))
        if envelope.number >= self._letters.heard:
            self._wanted = envelope.exchange.wanted
        if not self._letters.is_news(envelope):
            return
        exchange = self._without_known(self._letters.said_in(envelope))
        try:
            self._position = await self._feed.absorb(self._peer, exchange) or self._position
        except NotTaken:
            # It learns so, and how it is judged, by our next envelope.
            self._bell.ring(self._peer.id)
            raise
        self._letters.heard = envelope.number
        await self._memory.set_heard(self._peer.id, envelope.number)
        self._heard_from.set()
        # An answer to an answer would go on for ever.
        if _has_content(exchange):
            self._owes_answer = True
        self._bell.ring(self._peer.id)

    def _without_known(self, exchange: Exchange) -> Exchange:
        """An envelope repeats what ours had not confirmed when it was written."""
        position = self._position
        if position is None or position.have_epoch != exchange.epoch:
            return exchange
        fresh = tuple(item for item in exchange.items if item.seq > position.have)
        return msgspec.structs.replace(exchange, items=fresh)

    async def _after_failure(
        self, error: PeerUnavailable | PeerError | InputError, elapsed: float
    ) -> None:
        retry_after = 0.0
        if isinstance(error, PeerUnavailable):
            if self._hold.was_cut(elapsed):
                return
            retry_after = error.retry_after or 0.0
        self._contacts.failed(self._peer.id, "relay", error)
        await self._sleep(self._receiving.next(at_least=retry_after))

    async def _pause(self, held: float, elapsed: float) -> None:
        """An empty answer: ask again at once if the request was held, else after a while."""
        if not held:
            await self._sleep(self._interval())
        elif elapsed < 1:
            await self._sleep(1.0)

    def _tell_health(self, polled: Polled) -> None:
        if polled.silent < _SILENT_SECONDS:
            self._contacts.reached(self._peer.id, "relay")
            return
        away = PeerUnavailable(
            f"The relay answers, but the other side has not asked it for {polled.silent:.0f} s.",
            remedy="Ask the other side whether its node runs and reaches the relay.",
        )
        self._contacts.failed(self._peer.id, "relay", away)


def _gist(outgoing: Outgoing) -> object:
    """Two envelopes of the same gist say the same."""
    return outgoing.position, tuple(item.seq for item in outgoing.items), outgoing.requests


def _told_of_itself(exchange: Exchange) -> object:
    """What our keys and past are, and what we make of the other side's."""
    card = exchange.card.signature if exchange.card else b""
    known = exchange.card_known, exchange.run_known
    return card, exchange.run, known, exchange.claim, exchange.verdict


def _has_content(exchange: Exchange) -> bool:
    return bool(exchange.items or exchange.refused or exchange.unavailable or exchange.declined)
