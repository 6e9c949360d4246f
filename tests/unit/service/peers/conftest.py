"""Two nodes in memory that speak real HTTP over loopback."""

import asyncio
import itertools
import os
import random
import socket
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest
from aiohttp import web

from schemas.errors import Fault, TidegateError, TrackerError
from schemas.node import Peer, PublicPeer
from schemas.peer import AttachmentWanted, Declined, FeedItem, Refusal, Terms, Unavailable
from schemas.replica import Replica, TwinMessage
from service.peers.contact import Contacts
from service.peers.courier import Courier, open_session
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed, seal_message
from service.peers.guard import AddressPolicy, check_peer_url
from service.peers.identity import NodeIdentity
from service.peers.links import Links
from service.peers.mailbox import PeerEndpoints
from service.peers.nonces import RecentNonces
from service.peers.pairing import PairingDesk
from service.peers.port import (
    Incoming,
    IncomingContent,
    OpenInvitation,
    Outgoing,
    OutgoingContent,
    Paired,
    Position,
    ReceivedItem,
    Taken,
)
from service.peers.streams import ContentMismatch

LOCAL = frozenset({"127.0.0.1"})


def clock() -> int:
    return time.time_ns() // 1_000_000


class Changing:
    """Lets a test wait for a state instead of for a time."""

    def __init__(self) -> None:
        self._condition = asyncio.Condition()

    async def changed(self) -> None:
        async with self._condition:
            self._condition.notify_all()

    async def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        async with asyncio.timeout(seconds), self._condition:
            await self._condition.wait_for(holds)


class MemoryFeed(Changing):
    def __init__(self, epoch: str) -> None:
        super().__init__()
        self.epoch = epoch
        self.outbox: dict[tuple[str, str, str], FeedItem] = {}
        self.seq = itertools.count(1)
        self.received: list[ReceivedItem] = []
        self.have: dict[str, tuple[str, int]] = {}
        self.confirmed: dict[str, int] = {}
        self.connections = {"shared-1", "shared-2"}
        self.refused: list[Refusal] = []
        self.unavailable: list[Unavailable] = []
        self.declined: list[Declined] = []
        self.requests: dict[str, AttachmentWanted] = {}
        self.takes = 0

    def put(self, peer: str, connection: str, twin: str, sealed: bytes) -> int:
        seq = next(self.seq)
        self.outbox.pop((peer, connection, twin), None)
        self.outbox[peer, connection, twin] = FeedItem(seq, connection, twin, sealed)
        return seq

    def position(self, peer: str) -> Position:
        epoch, have = self.have.get(peer, ("", 0))
        return Position(self.epoch, have, epoch)

    async def give(self, peer: str, *, max_bytes: int, max_items: int) -> Outgoing:
        items: list[FeedItem] = []
        size = 0
        for (owner, _, _), item in self.outbox.items():
            if owner != peer or len(items) >= max_items:
                continue
            size += len(item.sealed)
            if items and size > max_bytes:
                break
            items.append(item)
        after = self.confirmed.get(peer, 0)
        return Outgoing(self.position(peer), after, tuple(items), tuple(self.requests.values()))

    async def take(self, peer: str, incoming: Incoming) -> Taken:
        self.takes += 1
        epoch, have = self.have.get(peer, ("", 0))
        if epoch != incoming.epoch:
            have = 0
        refused = []
        for item in incoming.items:
            if item.connection not in self.connections:
                reason = "unknown connection"
                refused.append(Refusal(item.seq, item.connection, item.message.twin, reason))
            elif item.seq > have:
                self.received.append(item)
        self.have[peer] = (incoming.epoch, max(have, incoming.upto))
        if incoming.have_epoch == self.epoch:
            self.confirmed[peer] = max(self.confirmed.get(peer, 0), incoming.have)
            for key in [k for k, i in self.outbox.items() if k[0] == peer]:
                if self.outbox[key].seq <= incoming.have:
                    del self.outbox[key]
        self.refused += incoming.refused
        self.unavailable += incoming.unavailable
        self.declined += incoming.declined
        for each in incoming.unavailable:
            self.requests.pop(each.request, None)
        await self.changed()
        return Taken(self.position(peer), tuple(refused))

    async def set_aside(self, peer: str, refusals: tuple[Refusal, ...]) -> None:
        for each in refusals:
            self.outbox.pop((peer, each.connection, each.twin))
        self.refused += refusals


class MemoryContents(Changing):
    """Both the source and the sink of attachment contents."""

    def __init__(self, feed: MemoryFeed) -> None:
        super().__init__()
        self._feed = feed
        self.offered: dict[str, Callable[[], OutgoingContent]] = {}
        self.kept: dict[str, list[int]] = {}
        self.digests: dict[str, int] = {}
        self.failed: dict[str, str] = {}
        self.keeps = False
        """Whether what broke off is kept; else the tests of flat memory would measure it."""
        self.partial: dict[str, list[bytes]] = {}
        self.starts: list[int] = []
        self.mismatches: list[ContentMismatch] = []

    @asynccontextmanager
    async def open(
        self, peer: str, connection: str, twin: str, attachment: str
    ) -> AsyncIterator[OutgoingContent]:
        if attachment not in self.offered:
            raise TrackerError(Fault.NOT_FOUND, "There is no such attachment.")
        yield self.offered[attachment]()

    async def expected(self, peer: str, request: str) -> AttachmentWanted | None:
        wanted = self._feed.requests.get(request)
        if wanted is None:
            return None
        return msgspec.structs.replace(wanted, skip=sum(map(len, self.partial.get(request, []))))

    async def accept(self, request: str, content: IncomingContent) -> None:
        self.starts.append(content.start)
        before = b"".join(self.partial.get(request, []))[: content.start]
        content.known(before)
        sizes, check = [len(before)], zlib.crc32(before)
        kept = self.partial[request] = [before]
        try:
            async for portion in content.stream():
                sizes.append(len(portion))
                check = zlib.crc32(portion, check)
                if self.keeps:
                    kept.append(portion)
        except ContentMismatch as error:
            del self.partial[request]
            self.mismatches.append(error)
            if len(self.mismatches) > 1:
                await self.fail(request, error.message)
            raise
        self.kept[request], self.digests[request] = sizes, check
        self._feed.requests.pop(request, None)
        await self.changed()

    async def fail(self, request: str, reason: str) -> None:
        self.failed[request] = reason
        self._feed.requests.pop(request, None)
        await self.changed()


class MemoryInvitations:
    def __init__(self) -> None:
        self.open: dict[str, OpenInvitation] = {}
        self.paired: list[Paired] = []

    def add(self, record: OpenInvitation) -> None:
        self.open[record.id] = record

    async def find(self, invitation: str) -> OpenInvitation | None:
        return self.open.get(invitation)

    async def count_try(self, invitation: str) -> None:
        import msgspec

        record = self.open[invitation]
        self.open[invitation] = msgspec.structs.replace(record, tries=record.tries + 1)

    async def complete(self, paired: Paired, *, transcript: bytes, answer: bytes, now: int) -> bool:
        import msgspec

        record = self.open[paired.invitation]
        if record.transcript or record.revoked or record.expires <= now:
            return False
        self.open[record.id] = msgspec.structs.replace(record, transcript=transcript, answer=answer)
        self.paired.append(paired)
        return True


class WatchedBell(Doorbell):
    def __init__(self) -> None:
        super().__init__()
        self.waited = asyncio.Event()

    async def wait(self, peer: str, seen: int, seconds: float) -> bool:
        self.waited.set()
        return await super().wait(peer, seen, seconds)


class Pauses(Changing):
    """Stands for sleeping: notes for how long, and only yields."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await self.changed()
        await asyncio.sleep(0)


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.identity = NodeIdentity.generate(os.urandom)
        self.id = self.identity.id
        self.store = MemoryFeed(f"epoch-{name}")
        self.contents = MemoryContents(self.store)
        self.invitations = MemoryInvitations()
        self.bell = WatchedBell()
        self.now = clock
        self.contacts = Contacts(now=lambda: self.now())
        self.feed = Feed(self.identity, self.store)
        self.peers: dict[str, Peer] = {}
        self.pauses = Pauses()
        self.url = ""
        self.courier: Courier
        self.endpoints: PeerEndpoints
        self.requests_served = 0

    async def get(self, peer: str) -> Peer | None:
        return self.peers.get(peer)

    async def start(self, stack: AsyncExitStack, *, public: bool) -> None:
        policy = AddressPolicy.of(("127.0.0.0/8",))
        session = await stack.enter_async_context(open_session(policy))
        self.courier = Courier(
            session, self.identity, now=lambda: self.now(), random_bytes=os.urandom
        )
        if public:
            await self._serve(stack)

    async def _serve(self, stack: AsyncExitStack) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.endpoints = PeerEndpoints(
            self.identity,
            self.url,
            directory=self,
            nonces=RecentNonces(now=lambda: self.now()),
            feed=self.feed,
            bell=self.bell,
            contacts=self.contacts,
            pairing=self.desk(),
            source=self.contents,
            sink=self.contents,
            now=lambda: self.now(),
            random_bytes=os.urandom,
        )
        app = web.Application()
        app.add_routes(self.endpoints.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        stack.callback(self.endpoints.release)

    def desk(self) -> PairingDesk:
        return PairingDesk(
            self.identity,
            name=self.name,
            url=self.url,
            invitations=self.invitations,
            now=lambda: self.now(),
            check_url=lambda url: check_peer_url(url, http_hosts=LOCAL),
        )

    def as_peer(self) -> Peer:
        keys = self.identity.identity_key, self.identity.message_key
        return (
            PublicPeer(self.id, self.name, *keys, "", self.url)
            if self.url
            else Peer(self.id, self.name, *keys, "")
        )

    def message(self, twin: str, summary: str, version: int = 1) -> TwinMessage:
        return TwinMessage(twin, "10001", version, 0, Replica({"summary": summary}))

    def send(self, to: "Node", twin: str, summary: str, connection: str = "shared-1") -> int:
        sealed = seal_message(self.identity, to.as_peer(), connection, self.message(twin, summary))
        seq = self.store.put(to.id, connection, twin, sealed)
        self.bell.ring(to.id)
        return seq

    def want(self, peer: "Node", attachment: str, limit: int = 1 << 30) -> str:
        request = f"want-{attachment}"
        wanted = AttachmentWanted(request, "shared-1", "twin-1", attachment, limit)
        self.store.requests[request] = wanted
        self.bell.ring(peer.id)
        return request

    def links(self) -> Links:
        return Links(
            public=bool(self.url),
            courier=self.courier,
            feed=self.feed,
            bell=self.bell,
            contacts=self.contacts,
            source=self.contents,
            sink=self.contents,
            now=lambda: self.now(),
            random=random.random,
            sleep=self.pauses,
        )

    def summaries(self) -> list[object]:
        return [item.message.replica.fields["summary"] for item in self.store.received]


class World:
    """Makes nodes, introduces them to each other, and runs their loops until the test ends."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def node(self, name: str, *, public: bool) -> Node:
        node = Node(name)
        await node.start(self._stack, public=public)
        return node

    def introduce(self, one: Node, other: Node) -> None:
        one.peers[other.id] = other.as_peer()
        other.peers[one.id] = one.as_peer()

    async def pair_of(self, *, private: bool) -> tuple[Node, Node]:
        public = await self.node("public", public=True)
        other = await self.node("other", public=not private)
        self.introduce(public, other)
        return public, other

    def link(self, node: Node, peer: Node) -> asyncio.Task[None]:
        run = node.links().task(peer.as_peer())
        assert run is not None
        task = asyncio.create_task(run())

        async def stop() -> None:
            task.cancel()
            await asyncio.wait([task])
            failure = None if task.cancelled() else task.exception()
            assert failure is None, failure

        self._stack.push_async_callback(stop)
        return task


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(stack)


@pytest.fixture
def terms() -> Terms:
    return Terms(
        system="jira",
        shared="shared-1",
        name="Acme to Globex",
        mode="basic",
        type="private",
        local_side="Acme",
        remote_side="Globex",
    )


@pytest.fixture
def broken_source() -> Callable[[], OutgoingContent]:
    async def stream() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        raise TidegateError("The tracker went away.")

    return lambda: OutgoingContent(stream(), None)
