import asyncio
import sqlite3
import threading

import pytest

from schemas.errors import BusUnavailable, ConfigurationError
from service.bus.journal import Journal


@pytest.fixture
async def journal(tmp_path):
    made = Journal(tmp_path / "bus.sqlite", max_bytes=1 << 20)
    await made.open()
    yield made
    await made.close()


def insert(body: bytes):
    return lambda connection: connection.execute("INSERT INTO event (body) VALUES (?)", (body,))


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT count(*) FROM event").fetchone()[0]


async def test_orders_that_wait_together_commit_together(journal):
    """One flush to disk serves all publishers that came while the one before was under way."""
    gate = threading.Event()
    statements: list[str] = []

    def hold(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(statements.append)
        gate.wait(10)

    first = journal.submit(hold)
    others = [journal.submit(insert(b"x")) for _ in range(50)]
    gate.set()
    await first
    await asyncio.gather(*others)
    assert statements.count("COMMIT") <= 3
    assert await journal.submit(count) == 50


async def test_a_bad_order_does_not_take_its_neighbours_down(journal):
    gate = threading.Event()
    held = journal.submit(lambda connection: gate.wait(10))
    good = journal.submit(insert(b"one"))
    bad = journal.submit(lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"))
    late = journal.submit(insert(b"two"))
    gate.set()
    await asyncio.gather(held, good, late)
    with pytest.raises(BusUnavailable) as failed:
        await bad
    assert failed.value.remedy
    assert await journal.submit(count) == 2


async def test_what_follows_a_commit_runs_even_when_nobody_waits(journal):
    done: list[bool] = []
    gate = threading.Event()
    order = journal.submit(lambda connection: gate.wait(10), then=done.append)
    order.cancel()
    gate.set()
    await journal.submit(count)
    assert done == [True]


async def test_closing_commits_what_was_submitted(tmp_path):
    journal = Journal(tmp_path / "bus.sqlite", max_bytes=1 << 20)
    await journal.open()
    orders = [journal.submit(insert(b"x")) for _ in range(100)]
    await journal.close()
    with sqlite3.connect(tmp_path / "bus.sqlite") as connection:
        assert count(connection) == 100
    connection.close()
    assert all(order.done() for order in orders)
    with pytest.raises(BusUnavailable):
        await journal.submit(count)


async def test_commits_are_flushed_to_disk(journal):
    assert await journal.submit(lambda c: c.execute("PRAGMA synchronous").fetchone()[0]) == 2
    assert await journal.submit(lambda c: c.execute("PRAGMA journal_mode").fetchone()[0]) == "wal"


async def test_a_second_process_is_refused(journal, tmp_path):
    with pytest.raises(ConfigurationError, match="Another process"):
        await Journal(tmp_path / "bus.sqlite", max_bytes=1 << 20).open()


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "bus.sqlite").write_bytes(b"not a database " * 100)
    with pytest.raises(ConfigurationError) as refused:
        await Journal(tmp_path / "bus.sqlite", max_bytes=1 << 20).open()
    assert refused.value.remedy


async def test_only_its_owner_reads_the_file(journal, tmp_path):
    assert (tmp_path / "bus.sqlite").stat().st_mode & 0o077 == 0
