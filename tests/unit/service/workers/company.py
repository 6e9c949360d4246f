"""A node with its keys, runs and feed over a real store, and an exchange without HTTP."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from schemas.events import TwinDue
from schemas.node import Connection, Connector, Peer, PublicPeer
from schemas.peer import MAX_ITEMS, Exchange
from service.peers.feed import Feed, NotTaken
from service.peers.guard import check_peer_url
from service.peers.identity import NodeIdentity
from service.store import connections, connectors, peers, twins
from service.store import identity as identities
from service.store.store import open_store
from service.store.vault import Vault
from service.workers.acquaintance import Acquaintances
from service.workers.feed_store import FeedDesk
from service.workers.keys import KeyDesk
from service.workers.roster import touch
from service.workers.runs import Runs
from tests.unit.service.workers.workshop import Workshop

VAULT = Vault([b"k" * 32])
OPENERS: dict[str, Any] = {}
"""Of the companies' trackers, by the company's name."""
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Exchange).decode


class Company:
    def __init__(self, name: str, shop: Workshop, identity: NodeIdentity, url: str) -> None:
        self.name, self.shop, self.identity, self.url = name, shop, identity, url
        self.told = 0
        self.runs = Runs(shop.store, now=shop.now, new_id=lambda: os.urandom(8).hex())
        self.keys = KeyDesk(
            shop.store, identity, now=shop.now, random_bytes=os.urandom, told=self._tell
        )
        self.acquaintances = Acquaintances(
            shop.store,
            shop.roster,
            identity,
            self.keys,
            self.runs,
            now=shop.now,
            new_id=lambda: os.urandom(8).hex(),
            check_url=lambda given: check_peer_url(given),
        )
        self.desk = FeedDesk(
            shop.store,
            shop.roster,
            identity,
            shop.publish,
            dry_runs=shop.dry_runs(identity),
            changed=shop.roster.reload,
            now=shop.now,
            new_id=lambda: os.urandom(8).hex(),
        )
        self.feed = Feed(identity, self.desk, self.acquaintances)

    def _tell(self) -> None:
        self.told += 1

    def as_peer(self) -> Peer:
        pinned = (
            self.identity.id,
            self.name,
            self.identity.identity_key,
            self.identity.message_key,
            "",
        )
        return PublicPeer(*pinned, self.url) if self.url else Peer(*pinned)

    async def pin(self, peer: Peer) -> Peer:
        def work(c: Any) -> Peer:
            touch(c)
            return peers.pin(c, peer)

        pinned = await self.shop.store.write(work)
        await self.shop.roster.reload()
        return pinned

    def peer(self, id: str) -> Peer:
        return self.shop.roster.peers[id]

    @property
    def only_peer(self) -> Peer:
        (peer,) = self.shop.roster.peers.values()
        return peer

    async def connection(self, id: str = "c") -> Connection:
        found = await self.shop.store.read(lambda c: connections.get(c, id))
        assert found is not None
        return found

    async def say(self) -> Exchange:
        peer = self.only_peer
        outgoing = await self.feed.pending(peer)
        said = self.feed.compose(peer, outgoing.position, outgoing)
        return decode(encode(msgspec.structs.replace(said, limit=MAX_ITEMS)))

    async def answer(self, heard: Exchange) -> Exchange:
        """As the mailbox does."""
        peer = self.only_peer
        try:
            await self.feed.admit(peer, heard)
        except NotTaken as judged:
            here = (await self.feed.pending(peer, max_items=0)).position
            return decode(encode(self.feed.verdict(peer, here, judged.verdict)))
        outgoing = await self.feed.pending(peer)
        return decode(encode(self.feed.compose(peer, outgoing.position, outgoing)))

    async def ask(self, other: "Company") -> Exchange:
        """One exchange. Raises `PeerUnavailable` when either side doubts the other."""
        answer = await other.answer(await self.say())
        await self.feed.absorb(self.only_peer, answer)
        return answer

    async def work(self) -> None:
        """Everything that is due."""
        for _ in range(20):
            due = await self.shop.store.read(lambda c: twins.due(c, self.shop.now()))
            if not due:
                return
            events = tuple(TwinDue(key.twin, key.connection) for key in due)
            await self.shop.worker.handle(events)


@asynccontextmanager
async def company(
    folder: Path, name: str, url: str, trackers: dict[str, Any], at: int
) -> AsyncIterator[Company]:
    """Opens what the folder has, or a new node. `trackers` outlive it, as real ones do."""
    async with open_store(f"sqlite:///{folder}/node.sqlite", vault=VAULT) as store:
        shop = Workshop(store, name)
        shop.at, shop.trackers = at, trackers
        OPENERS[name] = shop.open_tracker
        known = await store.read(lambda c: identities.get(c, VAULT))
        if known is None:
            identity = NodeIdentity.generate(os.urandom, at)
            record = identities.Identity(identity.id, name, f"epoch-{name}", identity.to_bytes())
            await store.write(lambda c: identities.put(c, VAULT, record, serial=identity.serial))
            kept = Connector("k", "k", name, {}, at)
            await store.write(lambda c: connectors.add(c, VAULT, kept))
        else:
            identity = NodeIdentity.from_bytes(known.keys)
        await shop.roster.reload()
        made = Company(name, shop, identity, url)
        await made.runs.register()
        await made.keys.set_url(url)
        try:
            yield made
        finally:
            await shop.roster.close()


def copied(folder: Path, to: Path) -> Path:
    """What a backup tool does to a store that is at rest."""
    to.mkdir()
    for file in folder.iterdir():
        shutil.copy(file, to)
    return to


async def connect(one: Company, other: Company) -> None:
    """Pins each other's keys, and a connection between their trackers."""
    for here, there in ((one, other), (other, one)):
        pinned = await here.pin(there.as_peer())
        sides = {"local_side": here.name, "remote_side": there.name}
        await here.shop.add_connection("c", "k", peer=pinned.id, **sides)
        await here.shop.roster.reload()
