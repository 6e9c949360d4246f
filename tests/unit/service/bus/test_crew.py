import asyncio

import structlog

from schemas.events import TwinDue
from service.bus.crew import Crew
from service.bus.waiting import Delivery, Waiting


def delivery(tag: int) -> Delivery:
    return Delivery(tag, TwinDue(twin=str(tag), connection="c"), 0)


async def test_a_worker_that_breaks_is_replaced_and_its_batch_released():
    waiting: Waiting[Delivery] = Waiting()
    released: list[int] = []
    settled: list[int] = []
    broken = False
    done = asyncio.Event()

    async def settle(batch, error):
        nonlocal broken
        if not broken:
            broken = True
            raise ValueError("a fault of ours")
        settled.extend(item.tag for item in batch)
        done.set()

    def release(batch):
        released.extend(item.tag for item in batch)

    async def handler(events):
        return None

    with structlog.testing.capture_logs() as lines:
        crew = Crew(waiting, handler, settle=settle, release=release, concurrency=1, batch=1)
        waiting.put_all([delivery(1), delivery(2)])
        async with asyncio.timeout(5):
            await done.wait()
        await crew.leave()
    assert released == [1]
    assert settled == [2]
    assert [line["event"] for line in lines] == ["bus.worker_failed"]


async def test_a_handler_that_fails_is_logged_with_its_error():
    waiting: Waiting[Delivery] = Waiting()
    errors: list[BaseException | None] = []
    done = asyncio.Event()

    async def settle(batch, error):
        errors.append(error)
        done.set()

    def handler(events):
        raise LookupError("before it became a coroutine")

    with structlog.testing.capture_logs() as lines:
        crew = Crew(waiting, handler, settle=settle, release=print, concurrency=1, batch=1)
        waiting.put(delivery(1))
        await done.wait()
        await crew.leave()
    assert isinstance(errors[0], LookupError)
    assert lines[0]["event"] == "bus.handler_failed"
    assert lines[0]["exc_info"] is errors[0]
