"""The least that the same machine can do: the bare broker, and bare calls to the same tracker."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable

import aio_pika
import msgspec

from tests.bench.field import Field, gather

_BODY = b'{"type":"issue_changed","connector":"tracker","issue":"10001","version":1}'


class Rate(msgspec.Struct, frozen=True):
    per_second: float
    cpu_ms: float
    """Of the client, for each."""


async def broker(url: str, count: int) -> Rate:
    """Publish with a confirm, consume, acknowledge: one quorum queue, persistent messages."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=64)
        queue = await channel.declare_queue(
            "ceiling", durable=True, arguments={"x-queue-type": "quorum"}
        )
        left, done = count, asyncio.Event()

        async def taken(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            nonlocal left
            await message.ack()
            left -= 1
            if not left:
                done.set()

        async def publish() -> None:
            message = aio_pika.Message(_BODY, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, routing_key="ceiling", mandatory=True)

        async def work() -> None:
            await queue.consume(taken)
            await gather((publish() for _ in range(count)), 32)
            await asyncio.wait_for(done.wait(), 60)

        rate = await _measured(work, count)
        await queue.delete(if_unused=False, if_empty=False)
        return rate


async def tracker(field: Field, count: int) -> Rate:
    """Bare reads of one issue."""
    key = field.pairs[0].jira

    async def read() -> None:
        await field.alice.raw(key)

    return await _measured(lambda: gather((read() for _ in range(count)), 16), count)


async def _measured(work: Callable[[], Awaitable[None]], count: int) -> Rate:
    cpu, began = _cpu(), time.perf_counter()
    await work()
    seconds = time.perf_counter() - began
    return Rate(round(count / seconds, 1), round((_cpu() - cpu) * 1000 / count, 3))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
