"""Two private nodes of the second implementation meet at the product's relay."""

import base64
import hashlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from aiohttp import web

from service.peers.nonces import RecentNonces
from service.peers.relay.endpoints import RelayEndpoints
from service.store import relay_passes
from service.store.relay_passes import RelayPassRow
from service.store.store import Store, open_store
from service.store.vault import Vault
from service.workers.relay_desk import RelayDesk
from tests.contract.protocol import make
from tests.contract.protocol.handshake import INVITATION
from tests.contract.protocol.material import (
    CHANNEL,
    CONNECTION,
    HARBOR,
    LAGOON,
    NOW,
    RELAY,
    TWIN,
    content,
    known,
)
from tests.contract.protocol.other import hpke, keys, pairing, streams, wire
from tests.contract.protocol.other.client import Answer, Client

VECTORS = make.recorded()
PASS = "ohoi4ajyinmfe"
PATH = f"/relay/v1/channels/{CHANNEL}"
PUBLIC = {"harbor": HARBOR, "lagoon": LAGOON}


class Channel(NamedTuple):
    harbor: Client
    """It opens the channel."""
    lagoon: Client


def private_keys(name: str) -> pairing.Keys:
    return pairing.Keys(*(bytes.fromhex(each) for each in VECTORS["private_keys"][name].values()))


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with open_store(f"sqlite:///{tmp_path}/relay.sqlite", vault=Vault([bytes(32)])) as store:
        await give_pass(store)
        app = web.Application()
        app.add_routes(endpoints(store, url).routes())
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            async with aiohttp.ClientSession() as session:
                made = (
                    Client(session, private_keys(name), url, NOW // 1000, RELAY.identity_key)
                    for name in ("harbor", "lagoon")
                )
                yield Channel(*made)
        finally:
            await runner.cleanup()


def endpoints(store: Store, url: str) -> RelayEndpoints:
    desk = RelayDesk(store, new_id=lambda: known("upload", 8).hex())
    nonces = RecentNonces(now=lambda: NOW)
    return RelayEndpoints(RELAY, url, store=desk, nonces=nonces, now=lambda: NOW)


async def give_pass(store: Store) -> None:
    kept = hashlib.sha256(b"tidegate relay pass" + known("pass", 16)).digest()
    row = RelayPassRow(PASS, "acme", kept, 1 << 20, NOW, NOW + 1000)
    await store.write(lambda c: relay_passes.add(c, row))


def card(name: str) -> dict[str, Any]:
    node, held = PUBLIC[name], private_keys(name)
    signature = held.sign(b"tidegate-card-1" + node.message_key)
    return {
        "identity_key": node.identity_key,
        "message_key": node.message_key,
        "signature": signature,
    }


def sealed_to_relay(content: dict[str, Any], what: str) -> bytes:
    info = b"tidegate-relay-1 " + what.encode()
    return hpke.seal_raw(RELAY.message_key, wire.pack(content), info, known(f"to relay {what}"))


def join_key(secret: bytes = INVITATION.secret) -> bytes:
    return keys.hkdf(secret, b"tidegate relay join " + CHANNEL.encode())


async def open_channel(by: Client) -> Answer:
    join = hashlib.sha256(b"tidegate relay join" + join_key()).digest()
    asked = {"id": PASS, "secret": known("pass", 16), "channel": CHANNEL, "join": join}
    body = wire.pack({"card": card("harbor"), "sealed": sealed_to_relay(asked, "open")})
    return await by.ask("POST", "/relay/v1/channels", body)


async def join(by: Client, key: bytes) -> Answer:
    body = wire.pack({"card": card("lagoon"), "sealed": sealed_to_relay({"key": key}, "join")})
    return await by.ask("POST", f"{PATH}/join", body)


async def poll(by: Client, slot: str, **asked: Any) -> dict[str, Any]:
    answer = await by.ask("POST", f"{PATH}/poll", wire.pack({"slot": slot, **asked}))
    polled: dict[str, Any] = wire.decode(answer.body)
    return polled


async def test_only_who_has_the_invitation_joins(channel: Channel) -> None:
    assert (await open_channel(channel.harbor)).status == 200
    assert (await join(channel.lagoon, join_key(bytes(16)))).status == 404
    joined = await join(channel.lagoon, join_key())
    other = keys.check_node_card(wire.pack(wire.decode(joined.body)["other"]))
    assert keys.node_id(other["identity_key"]) == INVITATION.node
    assert (await join(channel.lagoon, join_key())).status == 200
    assert (await channel.lagoon.ask("POST", f"{PATH}/leave", b"")).status == 200
    assert (await channel.harbor.ask("POST", f"{PATH}/poll", b"")).status == 404


async def test_pairing_and_an_envelope_through_slots(channel: Channel) -> None:
    await open_channel(channel.harbor)
    await join(channel.lagoon, join_key())
    request = bytes.fromhex(VECTORS["pairing"]["request"])
    assert (await channel.lagoon.ask("PUT", f"{PATH}/slots/pair", request)).status == 200
    assert (await poll(channel.harbor, "pair"))["envelope"] == request
    reply = {
        "to": hashlib.sha256(request).digest(),
        "answer": wire.decode(bytes.fromhex(VECTORS["pairing"]["answer"])),
    }
    await channel.harbor.ask("PUT", f"{PATH}/slots/pair", wire.pack(reply))
    assert wire.decode((await poll(channel.lagoon, "pair"))["envelope"]) == reply
    envelope = bytes.fromhex(VECTORS["relay"]["envelope_sealed"])
    await channel.harbor.ask("PUT", f"{PATH}/slots/feed", envelope)
    polled = await poll(channel.lagoon, "feed")
    assert polled["envelope"] == envelope
    assert "envelope" not in await poll(channel.lagoon, "feed", have=polled["number"])
    assert "envelope" not in await poll(channel.harbor, "feed")


async def test_a_content_lies_at_the_relay_until_it_is_taken(channel: Channel) -> None:
    await open_channel(channel.harbor)
    await join(channel.lagoon, join_key())
    whole, path = content(300_000), f"{PATH}/blobs/r-1"
    info = hpke.info_of(HARBOR.id, LAGOON.id, (CONNECTION, TWIN, "attachment", "5"))
    sealer = private_keys("harbor").identity
    sealed = hpke.seal(sealer, LAGOON.message_key, info, known("content"), known("once"))
    body = b"".join(streams.frames(known("content"), whole))
    header = base64.b64encode(sealed).decode()
    assert (await channel.harbor.ask("PUT", path, body, header)).status == 200
    assert (await poll(channel.lagoon, "feed"))["blobs"] == ["r-1"]
    assert (await poll(channel.harbor, "feed"))["placed"] == ["r-1"]
    found = await channel.lagoon.ask("GET", path, b"", answers_stream=True)
    opened = hpke.open_sealed(
        private_keys("lagoon").message,
        HARBOR.identity_key,
        info,
        base64.b64decode(found.headers["tidegate-stream"]),
    )
    assert streams.opened(opened, found.body) == whole
    assert (await channel.lagoon.ask("DELETE", path, b"")).status == 200
    assert not (await poll(channel.harbor, "feed")).get("placed")
