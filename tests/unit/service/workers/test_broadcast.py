"""Readers of the event stream: each at its own pace, none loses anything."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from schemas.bulk import TaskView
from schemas.errors import InputError
from schemas.node import Activity
from service.store import activity
from service.store.store import Store
from service.workers import broadcast as module
from service.workers.broadcast import Broadcast

TASK = TaskView("k1", "sync", "here", "running", 1, "ann", 9, 1, 0, 1, None, "")


@pytest.fixture
async def broadcast(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broadcast]:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    opened = Broadcast(store, lambda id: f"name of {id}")
    running = asyncio.create_task(opened.run())
    yield opened
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def write(store: Store, *events: str) -> None:
    def work(c) -> None:
        for event in events:
            activity.append(c, Activity(1, event, "c", "t"))

    await store.write(work)


async def read(reader, count: int) -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found += [news.data.event for news in await reader.next(5.0) if news.kind == "activity"]
    return found


async def test_a_reader_gets_what_happens_from_now_on(store, broadcast):
    await write(store, "old")
    reader = await broadcast.open(None)
    await write(store, "one", "two")
    assert await read(reader, 2) == ["one", "two"]
    await write(store, "three")
    (news,) = [each for each in await reader.next(5.0) if each.kind == "activity"]
    assert (news.data.event, news.connection) == ("three", "name of c")


async def test_a_reader_that_comes_back_goes_on_where_it_was(store, broadcast):
    await write(store, *(f"event.{number}" for number in range(1_200)))
    newest = await store.read(activity.newest)
    reader = await broadcast.open(newest - 1_100)
    found = await read(reader, 1_100)
    assert found == [f"event.{number}" for number in range(100, 1_200)]


async def test_a_slow_reader_holds_up_nobody_and_gets_everything(store, broadcast):
    slow, quick = await broadcast.open(None), await broadcast.open(None)
    for number in range(20):
        await write(store, f"event.{number}")
    assert len(await read(quick, 20)) == 20
    assert len(await read(slow, 20)) == 20


async def test_of_a_task_only_its_present_state_is_told(store, broadcast):
    reader = await broadcast.open(None)
    await reader.next(0.01)
    for done in range(50):
        broadcast.tell(msgspec.structs.replace(TASK, done=done))
    found = [news.data.done for news in await reader.next(5.0)]
    assert found == [49]


async def test_who_left_is_told_nothing_and_closing_ends_all(store, broadcast, monkeypatch):
    gone, here = await broadcast.open(None), await broadcast.open(None)
    broadcast.leave(gone)
    waiting = asyncio.create_task(here.next(60.0))
    await asyncio.sleep(0)
    broadcast.close()
    async with asyncio.timeout(5):
        await waiting
    assert (here.closed, gone.closed) == (True, False)
    with pytest.raises(InputError) as caught:
        await broadcast.open(None)
    assert caught.value.status == 503


async def test_there_are_so_many_readers_and_no_more(store, broadcast, monkeypatch):
    monkeypatch.setattr(module, "MOST_READERS", 1)
    reader = await broadcast.open(None)
    with pytest.raises(InputError, match="No more readers"):
        await broadcast.open(None)
    broadcast.leave(reader)
    await broadcast.open(None)
