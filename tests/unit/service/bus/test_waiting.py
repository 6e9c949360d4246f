import asyncio

import pytest

from schemas.events import TwinDue
from service.bus.waiting import Delivery, Waiting


def delivery(tag: int, failures: int = 0) -> Delivery:
    return Delivery(tag, TwinDue(twin=str(tag), connection="c"), failures)


def tags(batch: list[Delivery]) -> list[int]:
    return [item.tag for item in batch]


async def test_takes_what_is_there_in_order_up_to_the_limit():
    waiting: Waiting[Delivery] = Waiting()
    waiting.put_all([delivery(number) for number in range(5)])
    assert tags(await waiting.take(3)) == [0, 1, 2]
    assert tags(await waiting.take(3)) == [3, 4]
    assert len(waiting) == 0


async def test_one_taker_gets_what_comes_before_it_runs():
    waiting: Waiting[Delivery] = Waiting()
    takers = [asyncio.create_task(waiting.take(10)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting.put(delivery(1))
    waiting.put(delivery(2))
    done, pending = await asyncio.wait(takers, timeout=0.05)
    assert [tags(task.result()) for task in done] == [[1, 2]]
    waiting.put(delivery(3))
    waiting.put(delivery(4))
    done, pending = await asyncio.wait(pending, timeout=0.05)
    assert [tags(task.result()) for task in done] == [[3, 4]]
    for task in pending:
        task.cancel()


async def test_what_one_taker_leaves_wakes_the_next():
    waiting: Waiting[Delivery] = Waiting()
    takers = [asyncio.create_task(waiting.take(2)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting.put_all([delivery(number) for number in range(5)])
    assert [tags(batch) for batch in await asyncio.gather(*takers)] == [[0, 1], [2, 3], [4]]


async def test_a_cancelled_taker_passes_its_wake_up_on():
    waiting: Waiting[Delivery] = Waiting()
    first, second = (asyncio.create_task(waiting.take(1)) for _ in range(2))
    await asyncio.sleep(0)
    waiting.put(delivery(1))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    async with asyncio.timeout(1):
        assert tags(await second) == [1]


async def test_what_failed_twice_is_taken_alone():
    waiting: Waiting[Delivery] = Waiting()
    waiting.put_all([delivery(1), delivery(2, 1), delivery(3, 2), delivery(4, 5), delivery(5)])
    taken = [tags(await waiting.take(10)) for _ in range(4)]
    assert taken == [[1, 2], [3], [4], [5]]


async def test_clearing_hands_everything_out():
    waiting: Waiting[Delivery] = Waiting()
    waiting.put_all([delivery(1), delivery(2)])
    assert tags(waiting.clear()) == [1, 2]
    assert len(waiting) == 0
