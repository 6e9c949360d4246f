"""The outbox as a changes feed."""

import asyncio

import pytest
import sqlalchemy as sa

from schemas.errors import PeerError
from schemas.node import Connection, ConnectionSettings, Connector
from schemas.peer import NOTICE_TWIN
from service.store import connections, connectors, outbox
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


async def add_connection(store: Store, id: str, status: str) -> None:
    tracker = Connector("tracker", "tracker", "jira", {}, NOW)
    record = Connection(
        id=id, shared=id, name=id, type="private", mode="basic", status=status,
        local_side="us", remote_side="them", connector="tracker", peer="p1", counterpart="",
        settings=ConnectionSettings(), created=NOW, changed=NOW,
    )  # fmt: skip

    def work(c: sa.Connection) -> None:
        if connectors.get(c, store.vault, "tracker") is None:
            connectors.add(c, store.vault, tracker)
        connections.add(c, record)

    await store.write(work)


async def test_what_a_resting_connection_has_to_say_is_neither_given_nor_confirmed(store: Store):
    await add_connection(store, "resting", "paused")
    await add_connection(store, "busy", "active")
    for connection, twin in (
        ("resting", "t1"),
        ("busy", "t2"),
        ("resting", NOTICE_TWIN),
        ("resting", "t3"),
    ):
        await store.write(lambda c, a=connection, b=twin: outbox.put(c, "p1", a, b, b"x", NOW))
    # One row a page: what rests must not keep a neighbour from its turn either.
    assert [row.twin for row in await after(store, 0, max_items=1)] == ["t2"]
    assert [row.twin for row in await after(store, 0)] == ["t2", NOTICE_TWIN]
    assert await store.write(lambda c: outbox.ack(c, "p1", 4)) == 2
    assert await after(store, 0) == []

    def resume(c: sa.Connection) -> int:
        connections.set_status(c, "resting", "active", "", NOW)
        return outbox.set_free(c, "p1", "resting")

    assert await store.write(resume) == 2
    # Under new numbers: the old ones count as confirmed.
    assert [(row.seq, row.twin) for row in await after(store, 4)] == [(5, "t1"), (6, "t3")]
