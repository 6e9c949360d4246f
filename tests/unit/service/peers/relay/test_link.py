"""Two private nodes keep each other up to date through envelopes that replace each other."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from schemas.errors import PeerUnavailable
from schemas.peer import Declined, Refusal
from service.peers.port import OutgoingContent
from tests.unit.service.peers.relay.meeting import Pair


def content(size: int) -> OutgoingContent:
    async def stream() -> AsyncIterator[bytes]:
        for at in range(0, size, 100_000):
            yield bytes([at % 251]) * min(100_000, size - at)

    return OutgoingContent(stream(), size)


async def _quiet(pair: Pair) -> None:
    """Both have confirmed all that the other has sent."""
    left, right = pair.left.node, pair.right.node
    await left.store.until(lambda: not left.store.outbox)
    await right.store.until(lambda: not right.store.outbox)


async def test_issues_travel_both_ways_and_are_confirmed(pair) -> None:
    left, right = pair.left.node, pair.right.node
    left.send(right, "t1", "from the left")
    pair.start()
    right.send(left, "t2", "from the right")
    await right.store.until(lambda: right.summaries() == ["from the left"])
    await left.store.until(lambda: left.summaries() == ["from the right"])
    await _quiet(pair)
    assert left.contacts.of(right.id).way == "relay"
    assert left.contacts.of(right.id).away_since is None
    counted = pair.left.traffic
    # An envelope is counted once the relay has answered, and lies there a moment before.
    async with asyncio.timeout(10):
        while counted.sent != sum(map(len, sent := pair.relay.desk.envelopes("inviter"))):
            await asyncio.sleep(0.01)
    assert sent
    assert counted.received > 0
    assert counted.exchanges > len(sent)


async def test_what_changed_while_the_other_was_away_comes_at_once_and_only_once(pair) -> None:
    left, right = pair.left.node, pair.right.node
    pair.start(pair.left)
    for number in range(30):
        left.send(right, f"t{number % 3}", f"edit {number}")
        await asyncio.sleep(0)
    desk = pair.relay.desk
    async with asyncio.timeout(10):
        while not _last_is_whole(pair):
            await asyncio.sleep(0.01)
    pair.start(pair.right)
    await right.store.until(lambda: len(right.store.received) >= 3)
    await _quiet(pair)
    assert sorted(right.summaries()) == ["edit 27", "edit 28", "edit 29"]
    assert desk.envelopes("joiner")


def _last_is_whole(pair: Pair) -> bool:
    sent = pair.relay.desk.envelopes("inviter")
    return bool(sent) and bool(pair.left.node.bell._waiting.get(pair.right.node.id))


async def test_quiet_sides_say_nothing(pair) -> None:
    """An answer to an answer would go on for ever."""
    left, right = pair.left.node, pair.right.node
    left.send(right, "t1", "hello")
    pair.start()
    await right.store.until(lambda: bool(right.summaries()))
    await _quiet(pair)
    await asyncio.sleep(0.3)
    count = len(pair.relay.desk.put_so_far)
    await asyncio.sleep(0.5)
    assert len(pair.relay.desk.put_so_far) == count <= 8


async def test_a_refusal_is_told_once_and_survives_the_other_being_away(pair) -> None:
    left, right = pair.left.node, pair.right.node
    right.store.connections = {"shared-1"}
    left.send(right, "t1", "for nobody", connection="shared-2")
    pair.start()
    await left.store.until(lambda: bool(left.store.refused))
    for number in range(3):
        right.send(left, "t2", f"more {number}")
        await left.store.until(lambda n=number: left.summaries()[-1:] == [f"more {n}"])
    assert left.store.refused == [Refusal(1, "shared-2", "t1", "unknown connection")]


async def test_either_node_may_restart_at_any_time(pair) -> None:
    left, right = pair.left.node, pair.right.node
    pair.start()
    for number in range(6):
        left.send(right, "t1", f"left {number}")
        await right.store.until(lambda n=number: right.summaries()[-1:] == [f"left {n}"])
        one = pair.left if number % 2 else pair.right
        await pair.stop(one)
        right.send(left, "t2", f"right {number}")
        pair.start(one)
        await left.store.until(lambda n=number: left.summaries()[-1:] == [f"right {n}"])
    await _quiet(pair)


async def test_files_travel_both_ways_and_leave_nothing_at_the_relay(pair) -> None:
    left, right = pair.left.node, pair.right.node
    size = 3_000_000
    left.contents.offered["file"] = lambda: content(size)
    right.contents.offered["picture"] = lambda: content(size + 1)
    pair.start()
    got, other = right.want(left, "file"), left.want(right, "picture")
    await right.contents.until(lambda: got in right.contents.kept)
    await left.contents.until(lambda: other in left.contents.kept)
    assert sum(right.contents.kept[got]) == size
    assert sum(left.contents.kept[other]) == size + 1
    await _nothing_lies(pair)
    for side in (pair.left, pair.right):
        # Who puts a file may do so again before it hears that the other side has it.
        assert set(side.traffic.contents) == {("in", False), ("out", False)}


async def test_a_file_waits_at_the_relay_for_the_side_that_is_away(pair) -> None:
    left, right = pair.left.node, pair.right.node
    left.contents.offered["file"] = lambda: content(10)
    request = right.want(left, "file")
    pair.start()
    await right.contents.until(lambda: request in right.contents.kept)
    await _nothing_lies(pair)
    again = right.want(left, "file")
    await pair.stop(pair.left)
    await asyncio.sleep(0)
    await pair.stop(pair.right)
    pair.start(pair.right)
    await pair.stop(pair.right)
    pair.start(pair.left)
    pair.start(pair.right)
    await right.contents.until(lambda: again not in right.store.requests)


async def test_a_file_that_will_not_come_is_told(pair) -> None:
    left, right = pair.left.node, pair.right.node
    request = right.want(left, "nothing")
    left.contents.offered["large"] = lambda: content(5_000)
    large = right.want(left, "large", limit=4_000)
    pair.start()
    await right.store.until(lambda: len(right.store.unavailable) >= 2)
    told = {each.request: each.reason for each in right.store.unavailable}
    assert "no such attachment" in told[request]
    assert "5000" in told[large]
    assert len(right.store.unavailable) == 2


async def test_a_source_that_breaks_off_is_read_again(pair, broken_source) -> None:
    left, right = pair.left.node, pair.right.node
    sources = [broken_source, lambda: content(1_000_000)]
    left.contents.offered["file"] = lambda: sources.pop(0)()
    request = right.want(left, "file")
    pair.start()
    await right.contents.until(lambda: request in right.contents.kept, seconds=20)
    assert sum(right.contents.kept[request]) == 1_000_000


async def test_the_silence_of_the_other_side_is_told_to_the_admin(pair) -> None:
    pair.start(pair.left)
    left, right = pair.left.node, pair.right.node
    async with asyncio.timeout(5):
        while left.contacts.of(right.id) is None:
            await asyncio.sleep(0.01)
    await pair.stop(pair.left)
    pair.relay.endpoints._began -= 100_000
    pair.start(pair.left)
    async with asyncio.timeout(5):
        while left.contacts.of(right.id).away_since is None:
            await asyncio.sleep(0.01)
    assert "has not asked" in left.contacts.of(right.id).cause
    assert left.contacts.of(right.id).remedy


async def test_a_relay_that_is_away_is_told_and_found_again(pair, monkeypatch) -> None:
    left, right = pair.left.node, pair.right.node
    true = left.courier.ask

    async def away(*given, **named):
        raise PeerUnavailable("The relay cannot be reached.")

    monkeypatch.setattr(left.courier, "ask", away)
    pair.start()
    left.send(right, "t1", "later")
    async with asyncio.timeout(5):
        while (known := left.contacts.of(right.id)) is None or known.away_since is None:
            await asyncio.sleep(0.01)
    monkeypatch.setattr(left.courier, "ask", true)
    await right.store.until(lambda: right.summaries() == ["later"])


@pytest.mark.parametrize("size", [100, 4_000_000])
async def test_large_envelopes_are_not_replaced_faster_than_they_can_be_fetched(
    pair, size: int
) -> None:
    left, right = pair.left.node, pair.right.node
    pair.start(pair.left)
    left.send(right, "t0", "x" * size)
    sent = pair.relay.desk
    async with asyncio.timeout(10):
        while not any(len(envelope) > size for envelope in sent.envelopes("inviter")):
            await asyncio.sleep(0.01)
    before = len(sent.envelopes("inviter"))
    for number in range(5):
        left.send(right, f"t{number}", "edit")
        await asyncio.sleep(0.05)
    if size == 100:
        assert len(sent.envelopes("inviter")) > before
    else:
        assert len(sent.envelopes("inviter")) == before


async def _nothing_lies(pair: Pair) -> None:
    async with asyncio.timeout(10):
        while True:
            left = await pair.relay.desk.lying("channel-1", "inviter", "feed", 0)
            if not left.blobs and not left.placed:
                return
            await asyncio.sleep(0.02)


async def test_a_file_that_is_left_out_is_told_though_the_other_side_is_away(pair) -> None:
    left, right = pair.left.node, pair.right.node
    told = Declined("shared-1", "t1", "file-1", "big.zip", "It is too large.")
    left.feed.decline(right.id, (told,))
    pair.start(pair.left)
    for number in range(3):
        left.send(right, "t2", f"edit {number}")
        left.bell.ring(right.id)
        await asyncio.sleep(0.02)
    pair.start(pair.right)
    await right.store.until(lambda: right.summaries()[-1:] == ["edit 2"])
    await _quiet(pair)
    assert right.store.declined == [told]
