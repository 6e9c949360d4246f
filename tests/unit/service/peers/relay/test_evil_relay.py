"""A relay that reads, drops, repeats, swaps and forges: it gains nothing but delay."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.errors import PeerError
from schemas.peer import Exchange
from schemas.relay import Envelope
from service.peers.identity import NodeIdentity
from service.peers.port import OutgoingContent
from service.peers.relay.envelopes import open_envelope, seal_envelope
from tests.unit.service.peers.relay.meeting import SECRET, Pair

WORDS = (b"Sprengstoff", b"shared-1", b"twin-word")


async def _shown(pair: Pair, envelope: bytes, side: str = "joiner") -> None:
    """The relay shows the envelope to one side, until that has looked."""
    desk = pair.relay.desk
    before = desk.shown
    desk.instead["channel-1", side] = envelope
    pair.relay.endpoints._bell.ring("channel-1")
    async with asyncio.timeout(10):
        while desk.shown == before:
            pair.relay.endpoints._bell.ring("channel-1")
            await asyncio.sleep(0.01)


async def _one(pair: Pair, summary: str = "first") -> None:
    pair.left.node.send(pair.right.node, "t1", summary)
    await pair.right.node.store.until(lambda: pair.right.node.summaries()[-1:] == [summary])
    await pair.left.node.store.until(lambda: not pair.left.node.store.outbox)


async def _still_works(pair: Pair, seen: list[object]) -> None:
    """Nothing of what was tried has left a trace, and what comes next arrives."""
    assert pair.right.node.summaries() == seen
    await _one(pair, "and on")
    assert pair.right.node.summaries() == [*seen, "and on"]


async def test_it_reads_nothing(pair, tmp_path: Path) -> None:
    left, right = pair.left.node, pair.right.node

    async def stream() -> AsyncIterator[bytes]:
        yield WORDS[0] * 1000

    left.contents.offered["file"] = lambda: OutgoingContent(stream(), None)
    pair.start()
    left.send(right, "twin-word", WORDS[0].decode())
    request = right.want(left, "file")
    await right.store.until(lambda: bool(right.summaries()))
    await right.contents.until(lambda: request in right.contents.kept)
    sent = b"".join(content for *_, content in pair.relay.desk.put_so_far)
    database = b"".join(path.read_bytes() for path in tmp_path.glob("relay.sqlite*"))
    assert b"channel-1" in database
    assert len(sent) > 500
    for word in WORDS:
        assert word not in sent
        assert word not in database


async def test_it_drops_an_envelope_and_the_next_one_brings_it(pair) -> None:
    pair.start()
    await _one(pair)
    true = pair.relay.desk.put

    async def swallow(*given):
        return 1

    pair.relay.desk.put = swallow
    pair.left.node.send(pair.right.node, "t2", "swallowed")
    await asyncio.sleep(0.2)
    pair.relay.desk.put = true
    pair.left.node.send(pair.right.node, "t3", "next")
    await pair.right.node.store.until(
        lambda: pair.right.node.summaries()[-2:] == ["swallowed", "next"]
    )


async def test_it_repeats_an_old_envelope(pair) -> None:
    pair.start()
    await _one(pair)
    old = pair.relay.desk.envelopes("inviter")[-1]
    await _one(pair, "second")
    for envelope in (old, pair.relay.desk.envelopes("inviter")[0]):
        await _shown(pair, envelope)
    await _still_works(pair, ["first", "second"])


async def test_it_repeats_an_old_envelope_after_a_restart(pair) -> None:
    pair.start()
    await _one(pair)
    old = pair.relay.desk.envelopes("inviter")[-1]
    await _one(pair, "second")
    await pair.stop(pair.right)
    pair.relay.desk.instead["channel-1", "joiner"] = old
    pair.start(pair.right)
    await _still_works(pair, ["first", "second"])


async def test_it_shows_a_side_its_own_envelope(pair) -> None:
    pair.start()
    await _one(pair)
    await _shown(pair, pair.relay.desk.envelopes("joiner")[-1])
    await _still_works(pair, ["first"])


async def test_it_swaps_envelopes_between_channels(pair, private) -> None:
    """Even between two channels of the same two nodes."""
    relay, left, right = pair.relay, pair.left, pair.right
    other = await left.client.open(await relay.make_pass("other"), relay.url, "channel-2", SECRET)
    envelope = Envelope(1 << 50, Exchange("epoch-left", have=1 << 40, have_epoch="epoch-right"))
    elsewhere = seal_envelope(left.node.identity, right.met_at(other), envelope)
    pair.start()
    await _one(pair)
    await _shown(pair, elsewhere)
    await _still_works(pair, ["first"])


async def test_it_forges_an_envelope(pair) -> None:
    """It knows both nodes' public keys, and so can seal to them; it cannot sign."""
    forger = NodeIdentity.generate(os.urandom)
    recipient = pair.right.met_at(pair.place)
    forger.towards(recipient).id = pair.left.node.id
    envelope = Envelope(1 << 50, Exchange("epoch-left", have=1 << 40, have_epoch="epoch-right"))
    forged = seal_envelope(forger, recipient, envelope)
    with pytest.raises(PeerError, match="not signed"):
        open_envelope(pair.right.node.identity, pair.left.met_at(pair.place), forged)
    pair.start()
    await _one(pair)
    await _shown(pair, forged)
    await _still_works(pair, ["first"])


@pytest.mark.parametrize("how", ["bit", "cut", "empty", "noise"])
async def test_it_alters_an_envelope(pair, how: str) -> None:
    pair.start()
    await _one(pair)
    true = pair.relay.desk.envelopes("inviter")[-1]
    altered = {
        "bit": true[:-9] + bytes([true[-9] ^ 4]) + true[-8:],
        "cut": true[: len(true) // 2],
        "empty": b"\0",
        "noise": os.urandom(2_000),
    }[how]
    await _shown(pair, altered)
    await _still_works(pair, ["first"])


async def test_it_alters_a_file_once(pair) -> None:
    left, right = pair.left.node, pair.right.node
    left.contents.offered["file"] = _file
    pair.relay.desk.spoilt_chunks = 1
    request = right.want(left, "file")
    pair.start()
    await right.contents.until(lambda: request in right.contents.kept, seconds=20)
    assert sum(right.contents.kept[request]) == 100_000
    assert not right.contents.failed


async def test_it_alters_a_file_again_and_again(pair) -> None:
    left, right = pair.left.node, pair.right.node
    left.contents.offered["file"] = _file
    pair.relay.desk.spoilt_chunks = 1_000
    request = right.want(left, "file")
    pair.start()
    # A poll that is held while the file is taken away and put there again sees no change: the next
    # one does, after 25 seconds at most.
    await right.contents.until(lambda: request in right.contents.failed, seconds=60)
    assert "altered" in right.contents.failed[request]
    assert request not in right.contents.kept


async def test_another_node_in_place_of_the_relay_is_noticed(pair) -> None:
    """Its answers are signed: nobody else can answer for it."""
    pair.relay.endpoints._identity = NodeIdentity.generate(os.urandom)
    with pytest.raises(PeerError, match="not signed by the paired node"):
        await pair.left.client.put(pair.place, "feed", b"x")


def _file() -> OutgoingContent:
    async def stream() -> AsyncIterator[bytes]:
        yield b"f" * 100_000

    return OutgoingContent(stream(), None)
