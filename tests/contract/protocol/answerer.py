"""The product's peer endpoints over HTTP, with a store that remembers what it was given."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from schemas.node import Peer
from schemas.peer import AttachmentWanted, FeedItem, Refusal
from service.peers.contact import Contacts
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed
from service.peers.mailbox import PeerEndpoints
from service.peers.nonces import RecentNonces
from service.peers.pairing import PairingDesk
from service.peers.port import Incoming, IncomingContent, Outgoing, OutgoingContent, Position, Taken
from tests.contract.protocol.material import CONNECTION, HARBOR, TWIN, content, known

WANTED = AttachmentWanted("r-1", CONNECTION, TWIN, "theirs", skip=1000)


class Memory:
    """Feed store, source and sink of a node that has one item to give and one file to get."""

    def __init__(self, item: FeedItem) -> None:
        self.item: FeedItem | None = item
        self.taken: list[Incoming] = []
        self.file = b""

    def _position(self) -> Position:
        heard = self.taken[-1] if self.taken else None
        return Position("e-harbor", heard.upto if heard else 0, heard.epoch if heard else "")

    async def give(self, peer: str, *, max_bytes: int, max_items: int) -> Outgoing:
        items = (self.item,) if self.item and max_items else ()
        return Outgoing(self._position(), 0, items, (WANTED,))

    async def take(self, peer: str, incoming: Incoming) -> Taken:
        self.taken.append(incoming)
        if self.item and incoming.have >= self.item.seq:
            self.item = None
        return Taken(self._position(), ())

    async def set_aside(self, peer: str, refusals: tuple[Refusal, ...]) -> None:
        raise AssertionError(refusals)

    @asynccontextmanager
    async def open(
        self, peer: str, connection: str, twin: str, attachment: str
    ) -> AsyncIterator[OutgoingContent]:
        async def stream() -> AsyncIterator[bytes]:
            yield content(300_000)

        yield OutgoingContent(stream(), 300_000)

    async def expected(self, peer: str, request: str) -> AttachmentWanted | None:
        return WANTED if request == WANTED.request and not self.file else None

    async def accept(self, request: str, arriving: IncomingContent) -> None:
        before = content(arriving.start)
        arriving.known(before)
        self.file = before + b"".join([portion async for portion in arriving.stream()])

    async def fail(self, request: str, reason: str) -> None:
        raise AssertionError(reason)


class Directory:
    def __init__(self, *peers: Peer) -> None:
        self._peers = {peer.id: peer for peer in peers}

    async def get(self, peer: str) -> Peer | None:
        return self._peers.get(peer)


def endpoints(
    url: str, peer: Peer, memory: Memory, pairing: PairingDesk, now: Callable[[], int]
) -> web.Application:
    app = web.Application()
    made = PeerEndpoints(
        HARBOR,
        url,
        directory=Directory(peer),
        nonces=RecentNonces(now=now),
        feed=Feed(HARBOR, memory),
        bell=Doorbell(),
        contacts=Contacts(now=now),
        pairing=pairing,
        source=memory,
        sink=memory,
        now=now,
        random_bytes=lambda size: known("drawn by the product", size),
    )
    app.add_routes(made.routes())
    return app
