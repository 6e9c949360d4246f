"""Due twins are rung for: punctually from memory, and certainly from the store."""

import asyncio
from typing import Any

from schemas.events import TwinDue
from schemas.twin import Twin
from service.store import twins
from service.store.twin_records import TwinKey
from service.workers.wakeups import OVERDUE, Sweeper, Wakeups

NOW = 1_760_000_000_000


def test_keys_come_when_they_are_due_in_their_order_and_once() -> None:
    at = [NOW]
    wakeups = Wakeups(now=lambda: at[0])
    for moment, twin in ((20, "b"), (10, "a"), (30, "late"), (15, "a")):
        wakeups.at(NOW + moment, TwinKey("c", twin))
    assert wakeups.take_due() == []
    at[0] += 20
    assert wakeups.take_due() == [TwinKey("c", "a"), TwinKey("c", "b")]
    assert wakeups.take_due() == []


async def test_waiting_ends_with_a_new_entry() -> None:
    wakeups = Wakeups(now=lambda: NOW)
    waiting = asyncio.create_task(wakeups.wait(600))
    while not waiting.done():
        wakeups.at(NOW + 1_000_000, TwinKey("c", "t"))
        await asyncio.sleep(0)


async def test_waiting_ends_when_the_next_is_due_and_after_its_time() -> None:
    wakeups = Wakeups(now=lambda: NOW)
    await wakeups.wait(0)
    wakeups.at(NOW - 1, TwinKey("c", "t"))
    await wakeups.wait(600)


async def sweep(shop: Any, wanted: int) -> list[TwinDue]:
    """What a sweeper rings for, until it has rung so often."""
    rung: list[TwinDue] = []
    enough = asyncio.Event()

    async def handle(events: Any) -> None:
        rung.extend(events)
        if len(rung) == wanted:
            enough.set()

    sweeper = Sweeper(shop.store, shop.wakeups, handle, now=shop.now)
    task = asyncio.create_task(sweeper.run())
    async with asyncio.timeout(20):
        await enough.wait()
    task.cancel()
    await asyncio.wait({task})
    return rung


async def test_the_sweep_finds_what_nobody_rang_for(private) -> None:
    def fill(c: Any) -> None:
        for id, due in (("overdue", OVERDUE), ("fresh", 0), ("idle", None)):
            at = None if due is None else private.at - due
            twins.create(c, Twin(id, "c"), "a", private.at, at)

    await private.store.write(fill)
    private.wakeups.at(private.at, TwinKey("c", "punctual"))
    rung = await sweep(private, 2)
    assert rung == [TwinDue("punctual", "c"), TwinDue("overdue", "c")]
