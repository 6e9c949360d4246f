"""A relay over real HTTP and a real store, and private nodes that meet there."""

import asyncio
import os
import random
import socket
from contextlib import AsyncExitStack
from typing import Any

import msgspec
from aiohttp import web

from schemas.invitation import Invitation, RelayMeeting
from schemas.node import RelayedPeer
from schemas.peer import NODE_PATH
from schemas.relay import RelayPlace
from service.peers.identity import NodeIdentity
from service.peers.links import Links, ThroughRelay
from service.peers.nonces import RecentNonces
from service.peers.pairing import node_card
from service.peers.relay.client import RelayClient
from service.peers.relay.endpoints import RelayEndpoints
from service.peers.relay.passes import RelayPass, kept_secret, new_pass
from service.store import relay_passes
from service.store.relay_passes import RelayPassRow
from service.store.store import Store
from service.workers.relay_desk import RelayDesk

SECRET = b"s" * 16
encode = msgspec.msgpack.encode


class WatchedDesk(RelayDesk):
    """The relay's own; an evil relay answers by it what it likes."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, new_id=lambda: os.urandom(8).hex())
        self.put_so_far: list[tuple[str, str, str, bytes]] = []
        self.instead: dict[tuple[str, str], bytes] = {}
        """By channel and asking side: the envelope that is shown in place of the true one."""
        self.shown = 0
        self.spoilt_chunks = 0

    async def put(self, channel: str, side: Any, slot: Any, envelope: bytes, now: int) -> int:
        self.put_so_far.append((channel, side, slot, envelope))
        return await super().put(channel, side, slot, envelope, now)

    async def lying(self, channel: str, side: Any, slot: Any, have: int) -> Any:
        found = await super().lying(channel, side, slot, have)
        evil = self.instead.pop((channel, side), None) if slot == "feed" else None
        if evil is None:
            return found
        self.shown += 1
        # A number that nobody has, so that the caller comes back for the true one.
        return msgspec.structs.replace(found, number=1 << 40, envelope=evil)

    async def chunks(self, upload: str) -> Any:
        async for content in super().chunks(upload):
            if self.spoilt_chunks:
                self.spoilt_chunks -= 1
                content = content[:-1] + bytes([content[-1] ^ 1])
            yield content

    def envelopes(self, side: str) -> list[bytes]:
        return [content for _, by, slot, content in self.put_so_far if (by, slot) == (side, "feed")]


class Relay:
    def __init__(self, store: Store, now: Any) -> None:
        self.store = store
        self.desk = WatchedDesk(store)
        self.identity = NodeIdentity.generate(os.urandom)
        self.now = now
        self.url = ""
        self.endpoints: RelayEndpoints

    async def start(self, stack: AsyncExitStack) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.endpoints = RelayEndpoints(
            self.identity,
            self.url,
            store=self.desk,
            nonces=RecentNonces(now=self.now),
            now=self.now,
        )

        async def card(request: web.Request) -> web.Response:
            return web.Response(body=encode(node_card(self.identity)))

        app = web.Application()
        app.add_routes([web.get(NODE_PATH, card), *self.endpoints.routes()])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        stack.callback(self.endpoints.release)

    async def make_pass(self, name: str = "acme", quota: int = 1 << 30, days: int = 1) -> RelayPass:
        made = new_pass(self.identity.id, self.url, os.urandom)
        now = self.now()
        row = RelayPassRow(
            made.id, name, kept_secret(made.secret), quota, now, now + days * 86_400_000
        )
        await self.store.write(lambda c: relay_passes.add(c, row))
        return made

    async def revoke(self, given: RelayPass) -> None:
        await self.store.write(lambda c: relay_passes.revoke(c, given.id, self.now()))

    def invitation(self, inviter: Any, channel: str, secret: bytes = SECRET) -> Invitation:
        meeting = RelayMeeting(self.url, self.identity.id, channel)
        return Invitation("i" * 8, inviter.id, secret, 1 << 50, relay=meeting)


class Memory:
    """Of the envelopes that were taken in."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    async def heard(self, peer: str) -> int:
        return self.numbers.get(peer, 0)

    async def set_heard(self, peer: str, number: int) -> None:
        self.numbers[peer] = number


class Counted:
    """What passed, as the metrics are told."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.sent = 0
        self.received = 0
        self.contents: list[tuple[str, bool]] = []

    def exchanged(self, peer: str, sent: int, received: int) -> None:
        self.exchanges += 1
        self.sent += sent
        self.received += received

    def carried(self, peer: str, direction: str, *, resumed: bool) -> None:
        self.contents.append((direction, resumed))

    def refused(self, peer: str, reason: str) -> None:
        return None


class Private:
    """A node of the neighbouring tests, with what it needs to meet others at a relay."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.client = RelayClient(node.courier, node.identity)
        self.memory = Memory()
        self.traffic = Counted()
        self._stack = AsyncExitStack()

    def met_at(self, place: RelayPlace) -> RelayedPeer:
        """This node as the other side knows it."""
        keys = self.node.identity.identity_key, self.node.identity.message_key
        return RelayedPeer(self.node.id, self.node.name, *keys, "", relay=place)

    def start(self, peer: RelayedPeer) -> asyncio.Task[None]:
        node = self.node
        links = Links(
            public=False,
            courier=node.courier,
            feed=node.feed,
            bell=node.bell,
            contacts=node.contacts,
            source=node.contents,
            sink=node.contents,
            now=lambda: node.now(),
            random=random.random,
            sleep=asyncio.sleep,
            traffic=self.traffic,
            relay=ThroughRelay(node.identity, self.memory, os.urandom),
        )
        run = links.task(peer)
        assert run is not None
        return asyncio.ensure_future(run())


class Pair:
    """Two private nodes with a channel between them. `left` opened it."""

    def __init__(self, relay: Relay, left: Private, right: Private, place: RelayPlace) -> None:
        self.relay = relay
        self.left = left
        self.right = right
        self.place = place
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, *which: Private) -> None:
        for one in which or (self.left, self.right):
            other = self.right if one is self.left else self.left
            self._tasks[one.node.id] = one.start(other.met_at(self.place))

    async def stop(self, *which: Private) -> None:
        for one in which or (self.left, self.right):
            task = self._tasks.pop(one.node.id, None)
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
                failure = None if task.cancelled() else task.exception()
                if failure is not None:
                    raise failure
