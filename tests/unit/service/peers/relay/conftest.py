from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from service.store.store import open_store
from service.store.vault import Vault
from tests.unit.service.peers.relay.meeting import SECRET, Pair, Private, Relay


@pytest.fixture
async def stack(world) -> AsyncIterator[AsyncExitStack]:
    """Closed before the nodes' own sessions are."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def relay(stack: AsyncExitStack, tmp_path: Path, world) -> Relay:
    store = await stack.enter_async_context(
        open_store(f"sqlite:///{tmp_path}/relay.sqlite", vault=Vault([b"k" * 32]))
    )
    clock = (await world.node("clock", public=False)).now
    made = Relay(store, clock)
    await made.start(stack)
    return made


@pytest.fixture
def private(world):
    async def make(name: str) -> Private:
        return Private(await world.node(name, public=False))

    return make


@pytest.fixture
async def pair(stack: AsyncExitStack, relay: Relay, private) -> Pair:
    left, right = await private("left"), await private("right")
    given = await relay.make_pass()
    place = await left.client.open(given, relay.url, "channel-1", SECRET)
    invitation = relay.invitation(left.node, "channel-1")
    joined, card = await right.client.join(invitation, invitation.relay, relay.url)
    assert joined == place
    assert card.identity_key == left.node.identity.identity_key
    made = Pair(relay, left, right, place)
    stack.push_async_callback(made.stop)
    return made
