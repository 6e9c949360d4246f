"""Two private nodes that meet at a relay learn of each other's new keys there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from schemas.node import RelayedPeer
from schemas.relay import RelayPlace
from service.store import identity as identities
from service.store.store import open_store
from tests.unit.service.peers.conftest import world  # noqa: F401
from tests.unit.service.peers.relay.meeting import SECRET, Private, Relay
from tests.unit.service.workers.company import VAULT, Company
from tests.unit.service.workers.workshop import Workshop


class Relayed:
    """A company behind a firewall, and its loop through the relay."""

    def __init__(self, company: Company, private: Private) -> None:
        self.company, self.private = company, private
        self.private.node.feed = company.feed

    async def pin(self, other: "Relayed", place: RelayPlace) -> None:
        await self.company.pin(other.private.met_at(place))

    @property
    def peer(self) -> RelayedPeer:
        peer = self.company.only_peer
        assert isinstance(peer, RelayedPeer)
        return peer

    def ring(self) -> None:
        self.private.node.bell.ring_all()


@asynccontextmanager
async def relayed(folder: Path, world, name: str) -> AsyncIterator[Relayed]:  # noqa: F811
    node = await world.node(name, public=False)
    async with open_store(f"sqlite:///{folder}/{name}.sqlite", vault=VAULT) as store:
        shop = Workshop(store, name)
        shop.at = node.now()
        own = identities.Identity(node.identity.id, name, name, node.identity.to_bytes())
        await store.write(lambda c: identities.put(c, VAULT, own, serial=node.identity.serial))
        company = Company(name, shop, node.identity, "")
        await company.runs.register()
        try:
            yield Relayed(company, Private(node))
        finally:
            await shop.roster.close()


@pytest.fixture
async def sides(tmp_path: Path, world) -> AsyncIterator[tuple[Relayed, Relayed]]:  # noqa: F811
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(f"sqlite:///{tmp_path}/relay.sqlite", vault=VAULT)
        )
        relay = Relay(store, (await world.node("clock", public=False)).now)
        await relay.start(stack)
        left, right = [
            await stack.enter_async_context(relayed(tmp_path, world, name))
            for name in ("left", "right")
        ]
        place = await left.private.client.open(
            await relay.make_pass(), relay.url, "channel-1", SECRET
        )
        invitation = relay.invitation(left.private.node, "channel-1")
        await right.private.client.join(invitation, invitation.relay, relay.url)
        for here, there in ((left, right), (right, left)):
            await here.pin(there, place)
        tasks = [each.private.start(each.peer) for each in (left, right)]
        try:
            yield left, right
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.02)


async def test_new_keys_and_identities_of_both_sides_are_learnt_through_the_relay(sides) -> None:
    left, right = sides
    for round_, change in enumerate(("rotate_message_key", "rotate_identity", "rotate_identity")):
        for here, there in ((left, right), (right, left)):
            here.company.shop.at += 1000 * (round_ + 1)
            await getattr(here.company.keys, change)()
            here.ring()
            identity = here.company.identity
            await until(lambda there=there, own=identity: there.peer.serial == own.serial)
            assert there.peer.identity_key == identity.identity_key
            assert there.peer.message_key == identity.message_key
            await until(lambda here=here, own=identity: here.peer.knows == own.serial)


async def test_both_sides_may_change_their_identity_at_once(sides) -> None:
    left, right = sides
    for each in sides:
        each.company.shop.at += 1000
        await each.company.keys.rotate_identity()
    for each in sides:
        each.ring()
    await until(lambda: left.peer.identity_key == right.company.identity.identity_key)
    await until(lambda: right.peer.identity_key == left.company.identity.identity_key)
    await until(lambda: right.peer.knows == right.company.identity.serial)
    await until(lambda: left.peer.knows == left.company.identity.serial)


async def test_runs_are_told_and_then_the_sides_are_quiet(sides) -> None:
    left, right = sides
    await until(lambda: right.peer.lineage.run == left.company.runs.current)
    await left.company.runs.register()
    left.ring()
    await until(lambda: right.peer.lineage.run == left.company.runs.current)
    await until(lambda: left.peer.heard_run == left.company.runs.current)
