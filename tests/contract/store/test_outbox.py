"""The outbox as a changes feed."""

import asyncio

import pytest

from schemas.errors import PeerError
from service.store import outbox
from service.store.store import Store

NOW = 1_760_000_000_000


async def put(
    store: Store, twin: str, payload: bytes = b"x", peer: str = "p1", at: int = NOW
) -> int:
    return await store.write(lambda c: outbox.put(c, peer, "c1", twin, payload, at))


async def after(store: Store, seq: int, max_bytes: int = 1 << 20, max_items: int = 100):
    return await store.read(lambda c: outbox.after(c, "p1", seq, max_bytes, max_items))


async def test_a_newer_message_replaces_the_older(store: Store):
    assert [await put(store, name) for name in ("t1", "t2")] == [1, 2]
    assert await put(store, "t1", "новый \x00".encode()) == 3
    rows = await after(store, 0)
    assert [(row.seq, row.twin) for row in rows] == [(2, "t2"), (3, "t1")]
    assert rows[1].payload.decode() == "новый \x00"
    assert await store.read(outbox.count) == 2


async def test_peers_do_not_share_numbers(store: Store):
    await put(store, "t1")
    assert await put(store, "t1", peer="p2") == 1
    assert await store.read(lambda c: outbox.count(c, "p2")) == 1


async def test_a_page_ends_at_items_and_at_bytes(store: Store):
    for n in range(5):
        await put(store, f"t{n}", bytes(10))
    assert [row.seq for row in await after(store, 0, max_items=2)] == [1, 2]
    assert [row.seq for row in await after(store, 2, max_bytes=15)] == [3, 4]
    assert [row.seq for row in await after(store, 4, max_bytes=1)] == [5]
    assert await after(store, 5) == []


async def test_a_large_message_passes_alone(store: Store):
    await put(store, "t1", bytes(3_000_000))
    await put(store, "t2")
    rows = await after(store, 0, max_bytes=1000)
    assert [len(row.payload) for row in rows] == [3_000_000]


async def test_acknowledged_rows_are_gone(store: Store):
    for name in ("t1", "t2", "t3"):
        await put(store, name)
    assert await store.write(lambda c: outbox.ack(c, "p1", 2)) == 2
    assert await store.write(lambda c: outbox.ack(c, "p1", 2)) == 0
    assert [row.twin for row in await after(store, 0)] == ["t3"]
    assert not await store.read(lambda c: outbox.waiting(c, "c1", "t1"))
    assert await store.read(lambda c: outbox.waiting(c, "c1", "t3"))


async def test_a_number_that_was_never_given_removes_nothing(store: Store):
    await put(store, "t1")
    with pytest.raises(PeerError):
        await store.write(lambda c: outbox.ack(c, "p1", 2))
    assert await store.read(outbox.count) == 1


async def test_numbers_go_on_after_all_is_acknowledged(store: Store):
    await put(store, "t1")
    await store.write(lambda c: outbox.ack(c, "p1", 1))
    assert await put(store, "t1") == 2
    assert await store.read(lambda c: outbox.newest_seq(c, "p1")) == 2
    assert await store.read(lambda c: outbox.newest_seq(c, "nobody")) == 0


async def test_age_and_end_of_a_connection(store: Store):
    assert await store.read(outbox.oldest) is None
    await put(store, "t1", at=NOW)
    await put(store, "t2", at=NOW + 5)
    assert await store.read(outbox.oldest) == NOW
    assert await store.read(lambda c: outbox.oldest(c, "p2")) is None
    assert await store.write(lambda c: outbox.remove(c, "c1")) == 2
    assert await store.read(outbox.count) == 0


async def test_a_failed_transaction_gives_its_number_back_or_leaves_a_gap(store: Store):
    def fail(c):
        outbox.put(c, "p1", "c1", "t1", b"x", NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fail)
    assert await after(store, 0) == []
    assert await put(store, "t2") >= 1


async def test_a_reader_by_number_never_misses_a_row(store: Store):
    """Numbers that became visible out of order would be skipped for ever."""
    writers, each = 6, 25
    seen: set[str] = set()
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for n in range(each):
            await put(store, f"t{writer}-{n}")

    async def read() -> None:
        last = 0
        while True:
            final = done.is_set()
            rows = await after(store, last, max_items=7)
            seen.update(row.twin for row in rows)
            last = rows[-1].seq if rows else last
            if final and not rows:
                return

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(n) for n in range(writers)))
    done.set()
    await reader
    assert len(seen) == writers * each
