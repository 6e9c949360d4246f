"""The bus on RabbitMQ."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aio_pika.abc import AbstractChannel
from aiormq import Channel
from yarl import URL

from schemas.errors import BusUnavailable
from schemas.events import Event
from service.bus.amqp import ConnectionLost, amqp, underlay
from service.bus.connection import Link
from service.bus.consumer import Consumer
from service.bus.figures import BusFigures, Counters
from service.bus.options import BusOptions
from service.bus.port import Handler
from service.bus.publisher import Publisher
from service.bus.topology import Topology


class RabbitBus:
    """Publishes and consumes over separate connections: a broker that blocks publishing because of
    an alarm must still let the queue be emptied."""

    def __init__(
        self,
        url: URL,
        *,
        now: Callable[[], int],
        random: Callable[[], float],
        options: BusOptions,
    ) -> None:
        self._url = url
        self._random = random
        self._options = options
        self._counters = Counters()
        self._topology = Topology.named(options)
        self._consumers: set[Consumer] = set()
        self._link = Link(
            url,
            "publish",
            self._prepare,
            probe=self._topology.work,
            random=random,
            options=options,
            counters=self._counters,
        )
        self._publisher = Publisher(
            self._link, self._topology, now=now, options=options, counters=self._counters
        )

    async def start(self) -> None:
        await self._link.start()

    async def publish(self, *events: Event) -> None:
        await self._publisher.publish(events)

    def consume(
        self, handler: Handler, *, concurrency: int, batch: int = 50
    ) -> AbstractAsyncContextManager[None]:
        return self._consume(handler, concurrency, batch)

    async def check(self) -> str:
        links = [self._link, *(consumer.link for consumer in self._consumers)]
        problems = await asyncio.gather(*(link.check() for link in links))
        problem = next(filter(None, problems), "")
        return f"RabbitMQ: {problem}" if problem else ""

    async def depth(self) -> int:
        waiting = await self._count(self._topology.work)
        return waiting + sum(consumer.unsettled for consumer in self._consumers)

    async def dead(self) -> int:
        return await self._count(self._topology.dead)

    def figures(self) -> BusFigures:
        return self._counters.freeze()

    async def close(self) -> None:
        await self._link.close()

    async def _prepare(self, channel: AbstractChannel) -> Channel:
        await self._topology.declare(channel)
        return await underlay(channel)

    @asynccontextmanager
    async def _consume(self, handler: Handler, concurrency: int, batch: int) -> AsyncIterator[None]:
        consumer = Consumer(
            self._url,
            handler,
            concurrency=concurrency,
            batch=batch,
            topology=self._topology,
            publisher=self._publisher,
            random=self._random,
            options=self._options,
            counters=self._counters,
        )
        self._consumers.add(consumer)
        try:
            await consumer.link.start()
            yield
        finally:
            self._consumers.discard(consumer)
            await consumer.leave()

    async def _count(self, queue: str) -> int:
        try:
            async with asyncio.timeout(self._options.probe_timeout):
                # A fresh channel: a long-lived one may answer from what it remembers.
                async with self._link.spare_channel() as channel:
                    declared = await amqp(channel.declare_queue(queue, passive=True))
                    return declared.declaration_result.message_count or 0
        except (ConnectionLost, TimeoutError) as cause:
            self._link.suspect()
            raise BusUnavailable(
                f"RabbitMQ did not tell the length of {queue}: {str(cause) or 'no answer'}.",
                remedy="Check that the broker runs and can be reached.",
            ) from cause


@asynccontextmanager
async def open_rabbitmq(
    url: URL,
    *,
    now: Callable[[], int],
    random: Callable[[], float],
    options: BusOptions,
) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(url, now=now, random=random, options=options)
    try:
        await bus.start()
        yield bus
    finally:
        await bus.close()
