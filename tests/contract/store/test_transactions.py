"""What a transaction promises to those who wait for it."""

import asyncio
import threading

import psycopg
import pytest
import sqlalchemy as sa

from schemas.errors import StoreUnavailable
from service.store import settings
from service.store.store import Store, open_store
from service.store.tables import settings as table


def put(name: str, value: bytes = b"v"):
    return lambda c: settings.put(c, name, value)


async def value(store: Store, name: str) -> bytes | None:
    return await store.read(lambda c: settings.get(c, name))


class Refused(Exception):
    pass


def put_and_fail(c: sa.Connection) -> None:
    settings.put(c, "lost", b"v")
    raise Refused


async def test_a_failed_function_leaves_nothing(store: Store):
    with pytest.raises(Refused):
        await store.write(put_and_fail)
    assert await value(store, "lost") is None
    assert await store.write(lambda c: settings.get(c, "lost")) is None


async def test_one_failure_among_many_at_once_takes_no_other_along(store: Store):
    hold, begun = threading.Event(), threading.Event()

    def block(c: sa.Connection) -> None:
        begun.set()
        hold.wait(10)

    # While the first holds the writer the others queue up, and so share one commit in SQLite.
    first = asyncio.create_task(store.write(block))
    await asyncio.to_thread(begun.wait, 10)
    works = [put(f"n{n}") if n % 3 else put_and_fail for n in range(12)]
    rest = asyncio.gather(*map(store.write, works), return_exceptions=True)
    await asyncio.sleep(0)
    hold.set()
    await first
    results = await rest

    assert [isinstance(each, Refused) for each in results] == [n % 3 == 0 for n in range(12)]
    assert [await value(store, f"n{n}") for n in range(12)] == [
        b"v" if n % 3 else None for n in range(12)
    ]
    assert await value(store, "lost") is None


async def test_a_cancelled_transaction_is_whole_after_reopening(url: str, store: Store):
    begun, hold = threading.Event(), threading.Event()

    def slow(c: sa.Connection) -> None:
        settings.put(c, "one", b"v")
        begun.set()
        hold.wait(10)
        settings.put(c, "two", b"v")

    task = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.wait([task])
    hold.set()
    await store.close()
    async with open_store(url, vault=store.vault) as again:
        assert [await value(again, name) for name in ("one", "two")] == [b"v", b"v"]


async def test_a_reader_sees_one_state_and_cannot_write(store: Store):
    with pytest.raises(StoreUnavailable):
        await store.read(lambda c: c.execute(sa.insert(table).values(name="x", value=b"")))
    assert await value(store, "x") is None


async def test_reads_go_on_while_a_write_is_under_way(store: Store):
    await store.write(put("name", b"old"))
    begun, hold = threading.Event(), threading.Event()

    def slow(c: sa.Connection) -> None:
        settings.put(c, "name", b"new")
        begun.set()
        hold.wait(10)

    task = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    assert await value(store, "name") == b"old"
    hold.set()
    await task
    assert await value(store, "name") == b"new"


async def test_a_closed_store_says_so(store: Store):
    await store.close()
    with pytest.raises(StoreUnavailable) as caught:
        await store.write(put("x"))
    assert caught.value.remedy
    assert "closed" in await store.check()


async def test_the_check_writes(store: Store):
    assert await store.check() == ""


async def test_the_check_ends_in_time(store: Store):
    hold = threading.Event()
    stuck = [asyncio.create_task(store.write(lambda c: hold.wait(10))) for _ in range(8)]
    await asyncio.sleep(0)
    assert "did not answer" in await store.check(patience=0.05)
    hold.set()
    await asyncio.gather(*stuck)


async def test_stop_iteration_reaches_the_caller(store: Store):
    with pytest.raises(RuntimeError):
        await store.write(lambda c: next(iter(())))


async def test_a_cut_connection_is_made_anew(url: str, store: Store):
    """A server that restarts between two transactions is not even noticed."""
    if store.system == "sqlite":
        pytest.skip("SQLite has no connection to lose")
    await asyncio.gather(*(store.write(put(f"n{n}")) for n in range(30)))
    _cut(url)
    results = await asyncio.gather(*(store.write(put(f"m{n}")) for n in range(30)))
    assert results == [None] * 30
    assert await value(store, "m29") == b"v"


async def test_a_deadlock_is_repeated(store: Store):
    if store.system == "sqlite":
        pytest.skip("SQLite has one writer")
    await store.write(lambda c: (put("a", b"0")(c), put("b", b"0")(c)))
    barrier = threading.Barrier(2)
    runs: list[str] = []

    def cross(first: str, second: str):
        def work(c: sa.Connection) -> None:
            runs.append(first)
            settings.put(c, first, first.encode())
            if len(runs) <= 2:
                barrier.wait(10)
            settings.put(c, second, first.encode())

        return work

    await asyncio.gather(store.write(cross("a", "b")), store.write(cross("b", "a")))
    assert len(runs) == 3
    assert await value(store, "a") == await value(store, "b")


def _cut(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
