"""Attachment contents, both ways, by the requests of one side only."""

import asyncio
import functools
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from schemas.errors import Fault, TrackerError
from service.peers import streams
from service.peers.port import OutgoingContent
from service.peers.streams import CHUNK

PORTION = bytes(range(256)) * 256
SIZE = 50 << 20


def content(size: int = SIZE) -> OutgoingContent:
    async def stream() -> AsyncIterator[bytes]:
        left = size
        while left:
            portion = PORTION[: min(left, len(PORTION))]
            left -= len(portion)
            yield portion
            # Lets the other side read, so that what is measured is what is held.
            await asyncio.sleep(0)

    return OutgoingContent(stream(), size)


def checksum(size: int = SIZE) -> int:
    check, left = 0, size
    while left:
        portion = PORTION[: min(left, len(PORTION))]
        check = zlib.crc32(portion, check)
        left -= len(portion)
    return check


@pytest.mark.parametrize("upload", [True, False], ids=["to the public", "to the private"])
async def test_fifty_megabytes_arrive_whole_with_flat_memory(world, upload):
    public, private = await world.pair_of(private=True)
    holder, asker = (private, public) if upload else (public, private)
    holder.contents.offered["a1"] = content
    world.link(private, public)
    await asyncio.wait_for(public.bell.waited.wait(), 5)
    tracemalloc.start()
    try:
        request = asker.want(holder, "a1")
        await asker.contents.until(lambda: request in asker.contents.kept, seconds=60)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(asker.contents.kept[request]) == SIZE
    assert asker.contents.digests[request] == checksum()
    assert peak < 8 << 20


@pytest.mark.parametrize("size", [0, 1, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 512 << 10])
async def test_every_size_around_a_chunk_arrives(world, size):
    public, private = await world.pair_of(private=True)
    private.contents.offered["a1"] = lambda: content(size)
    public.want(private, "a1")
    world.link(private, public)
    await public.contents.until(lambda: "want-a1" in public.contents.kept)
    assert sum(public.contents.kept["want-a1"]) == size
    assert public.contents.digests["want-a1"] == checksum(size)


async def test_two_public_nodes_fetch_for_themselves(world):
    public, other = await world.pair_of(private=False)
    public.contents.offered["a1"] = lambda: content(300_000)
    world.link(other, public)
    other.want(public, "a1")
    await other.contents.until(lambda: "want-a1" in other.contents.kept)
    assert sum(other.contents.kept["want-a1"]) == 300_000


async def test_content_that_is_gone_is_told_to_the_side_that_waits(world):
    public, private = await world.pair_of(private=True)
    public.want(private, "gone")
    world.link(private, public)
    await public.store.until(lambda: bool(public.store.unavailable))
    assert public.store.unavailable[0].request == "want-gone"
    assert "no such attachment" in public.store.unavailable[0].reason


async def test_content_over_the_limit_is_not_carried(world):
    public, private = await world.pair_of(private=True)
    private.contents.offered["big"] = lambda: content(2000)
    public.want(private, "big", limit=1000)
    world.link(private, public)
    await public.store.until(lambda: bool(public.store.unavailable))
    assert "1000" in public.store.unavailable[0].reason
    assert not public.contents.kept


async def test_a_sender_that_lies_about_the_size_is_cut_off(world):
    public, private = await world.pair_of(private=True)
    private.contents.offered["big"] = lambda: OutgoingContent(content(3 << 20).stream, None)
    public.want(private, "big", limit=1 << 20)
    world.link(private, public)
    await public.contents.until(lambda: "want-big" in public.contents.failed)
    assert not public.contents.kept


async def test_a_source_that_breaks_off_is_tried_again(world, broken_source):
    public, private = await world.pair_of(private=True)
    answers = [broken_source, broken_source, lambda: content(700_000)]
    private.contents.offered["a1"] = lambda: answers.pop(0)()
    public.want(private, "a1")
    world.link(private, public)
    await public.contents.until(lambda: "want-a1" in public.contents.kept)
    assert sum(public.contents.kept["want-a1"]) == 700_000
    assert not answers


async def test_a_fetch_that_breaks_off_is_tried_again(world, broken_source):
    public, private = await world.pair_of(private=True)
    answers = [broken_source, lambda: content(700_000)]
    public.contents.offered["a1"] = lambda: answers.pop(0)()
    world.link(private, public)
    private.want(public, "a1")
    await private.contents.until(lambda: "want-a1" in private.contents.kept)
    assert sum(private.contents.kept["want-a1"]) == 700_000


async def test_content_that_vanishes_while_it_is_read_is_given_up(world):
    public, private = await world.pair_of(private=True)

    def vanishing() -> OutgoingContent:
        async def stream() -> AsyncIterator[bytes]:
            yield b"x" * 600_000
            raise TrackerError(Fault.GONE, "The attachment was deleted.")

        return OutgoingContent(stream(), None)

    private.contents.offered["a1"] = vanishing
    public.want(private, "a1")
    world.link(private, public)
    await public.store.until(lambda: bool(public.store.unavailable))
    assert "deleted" in public.store.unavailable[0].reason
    assert not public.contents.kept


async def test_a_fetch_of_what_is_gone_fails_for_good(world):
    public, private = await world.pair_of(private=True)
    world.link(private, public)
    private.want(public, "gone")
    await private.contents.until(lambda: "want-gone" in private.contents.failed)
    assert not private.store.requests


BREAK = 2 << 20


def breaking(asker: Any, *, first: bytes = b"") -> Callable[[], OutgoingContent]:
    """Breaks off the first time, once the asker has all but what the sender holds back. `first` is
    then the head of the content."""
    asker.contents.keeps = True
    done = False

    def give() -> OutgoingContent:
        nonlocal done
        if done:
            return content(3 << 20)
        done = True

        async def stream() -> AsyncIterator[bytes]:
            yield first + PORTION[len(first) :]
            for _ in range(BREAK // len(PORTION) - 1):
                yield PORTION
            while sum(map(len, asker.contents.partial.get("want-a1", []))) < BREAK - CHUNK:
                await asyncio.sleep(0)
            raise TrackerError(Fault.UNAVAILABLE, "The tracker went away.")

        return OutgoingContent(stream(), None)

    return give


@pytest.mark.parametrize("upload", [True, False], ids=["to the public", "to the private"])
async def test_what_broke_off_goes_on_where_it_broke(world, upload):
    public, private = await world.pair_of(private=True)
    holder, asker = (private, public) if upload else (public, private)
    holder.contents.offered["a1"] = breaking(asker)
    asker.want(holder, "a1")
    world.link(private, public)
    await asker.contents.until(lambda: "want-a1" in asker.contents.kept)
    assert asker.contents.digests["want-a1"] == checksum(3 << 20)
    assert asker.contents.starts == [0, BREAK - CHUNK]
    assert sum(asker.contents.kept["want-a1"]) == 3 << 20


@pytest.mark.parametrize("upload", [True, False], ids=["to the public", "to the private"])
async def test_parts_that_do_not_fit_together_are_fetched_once_more_from_the_beginning(
    world, upload
):
    public, private = await world.pair_of(private=True)
    holder, asker = (private, public) if upload else (public, private)
    holder.contents.offered["a1"] = breaking(asker, first=b"another head")
    asker.want(holder, "a1")
    world.link(private, public)
    await asker.contents.until(lambda: "want-a1" in asker.contents.kept)
    assert asker.contents.digests["want-a1"] == checksum(3 << 20)
    assert [start > 0 for start in asker.contents.starts] == [False, True, False]
    assert len(asker.contents.mismatches) == 1


@pytest.mark.parametrize("upload", [True, False], ids=["to the public", "to the private"])
async def test_a_node_that_knows_nothing_of_skipping_sends_the_whole(world, upload, monkeypatch):
    public, private = await world.pair_of(private=True)
    holder, asker = (private, public) if upload else (public, private)
    holder.contents.offered["a1"] = breaking(asker)
    older = functools.partial(streams.StreamSealer.__init__)
    monkeypatch.setattr(
        streams.StreamSealer,
        "__init__",
        lambda self, *given, skip=0: older(self, *given, skip=0),
    )
    asker.want(holder, "a1")
    world.link(private, public)
    await asker.contents.until(lambda: "want-a1" in asker.contents.kept)
    assert asker.contents.starts == [0, 0]
    assert asker.contents.digests["want-a1"] == checksum(3 << 20)
