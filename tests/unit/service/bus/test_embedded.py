import asyncio
import random
import sqlite3
from collections.abc import Sequence

import pytest

from schemas.errors import BusUnavailable
from schemas.events import Event, TwinDue
from service.bus import BusOptions, open_bus


def open_on(folder, **options):
    return open_bus(
        "embedded:",
        now=lambda: 0,
        random=random.Random(1).random,
        data_dir=folder,
        options=BusOptions(**options),
    )


def due(number: int) -> TwinDue:
    return TwinDue(twin=str(number), connection="c")


class Count:
    def __init__(self, wanted: int) -> None:
        self.seen: list[str] = []
        self._wanted = wanted
        self.full = asyncio.Event()

    async def __call__(self, events: Sequence[Event]) -> None:
        self.seen += [event.twin for event in events if isinstance(event, TwinDue)]
        if len(self.seen) >= self._wanted:
            self.full.set()


async def test_more_than_memory_holds_waits_in_the_file(tmp_path):
    """Each event comes once and in order, also those published while older ones are read back."""
    count = Count(13_000)
    async with open_on(tmp_path) as bus:
        for start in range(0, 12_000, 1000):
            await bus.publish(*[due(number) for number in range(start, start + 1000)])
        assert len(bus._waiting) <= 6000
        async with bus.consume(count, concurrency=1, batch=50):
            for number in range(12_000, 13_000, 10):
                await bus.publish(*[due(n) for n in range(number, number + 10)])
            async with asyncio.timeout(20):
                await count.full.wait()
        assert await bus.depth() == 0
    assert count.seen == [str(number) for number in range(13_000)]


async def test_a_full_bus_refuses_and_takes_again_once_there_is_room(tmp_path):
    count = Count(1)
    async with open_on(tmp_path, max_length_bytes=200_000) as bus:
        with pytest.raises(BusUnavailable, match="full"):
            await _publish_without_end(bus)
        published = bus.figures().confirmed
        assert published > 0
        assert await bus.depth() == published
        count = Count(published)
        async with bus.consume(count, concurrency=1, batch=100):
            async with asyncio.timeout(10):
                await count.full.wait()
        assert await bus.depth() == 0
        await bus.publish(due(1))
        assert await bus.depth() == 1


async def test_what_was_handled_leaves_the_file_with_the_next_publish(tmp_path):
    """So that a busy bus flushes the disk once for both."""
    count = Count(1)
    async with open_on(tmp_path) as bus, bus.consume(count, concurrency=1):
        await bus.publish(due(1))
        async with asyncio.timeout(5):
            await count.full.wait()
        for _ in range(20):  # The worker settles what its handler has left.
            await asyncio.sleep(0)
        await bus.publish(due(2))
        assert await bus._journal.submit(_events) <= 1


def _events(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])


async def test_a_publisher_that_gave_up_waiting_has_still_published(tmp_path):
    count = Count(1)
    async with open_on(tmp_path) as bus, bus.consume(count, concurrency=1):
        publishing = asyncio.create_task(bus.publish(due(1)))
        await asyncio.sleep(0)
        publishing.cancel()
        async with asyncio.timeout(5):
            await count.full.wait()
    assert count.seen == ["1"]


async def test_retries_that_wait_do_not_hold_up_closing(tmp_path):
    failed = asyncio.Event()

    async def fail(events: Sequence[Event]) -> None:
        failed.set()
        raise RuntimeError

    async with (
        open_on(tmp_path, redelivery_base=60, redelivery_cap=60) as bus,
        bus.consume(fail, concurrency=1),
    ):
        await bus.publish(due(1))
        await failed.wait()
    count = Count(1)
    async with open_on(tmp_path) as bus, bus.consume(count, concurrency=1):
        async with asyncio.timeout(5):
            await count.full.wait()


async def _publish_without_end(bus) -> None:
    while True:
        await bus.publish(*[due(number) for number in range(100)])
