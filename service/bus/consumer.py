"""Consuming from the work queue."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog
from aio_pika.abc import AbstractChannel
from aiormq import Channel, spec
from aiormq.abc import DeliveredMessage
from yarl import URL

from schemas.errors import BusUnavailable
from service.bus.amqp import ConnectionLost, amqp, underlay
from service.bus.backoff import delay
from service.bus.connection import Link
from service.bus.crew import Crew
from service.bus.envelope import Malformed, unpack
from service.bus.figures import Counters
from service.bus.options import BusOptions
from service.bus.port import Handler
from service.bus.publisher import Publisher
from service.bus.session import Session
from service.bus.topology import Topology
from service.bus.waiting import Delivery, Waiting

log = structlog.get_logger()

_PREFETCH = 2000
_LEAVE_TIMEOUT = 5.0


class Received(Delivery, eq=False):
    session: Session
    body: bytes
    key: str


class Consumer:
    """One `consume`: a connection of its own, and after each loss a new session on it."""

    def __init__(
        self,
        url: URL,
        handler: Handler,
        *,
        concurrency: int,
        batch: int,
        topology: Topology,
        publisher: Publisher,
        random: Callable[[], float],
        options: BusOptions,
        counters: Counters,
    ) -> None:
        self._topology = topology
        self._publisher = publisher
        self._random = random
        self._options = options
        self._counters = counters
        self._prefetch = min(concurrency * batch, _PREFETCH)
        self._session: Session | None = None
        self._waiting: Waiting[Received] = Waiting()
        self._chores: set[asyncio.Task[None]] = set()
        self._retries: dict[Received, asyncio.TimerHandle] = {}
        self.link = Link(
            url,
            "consume",
            self._subscribe,
            probe=topology.work,
            random=random,
            options=options,
            counters=counters,
        )
        self._crew: Crew[Received] = Crew(
            self._waiting,
            handler,
            settle=self._settle,
            release=self._release,
            concurrency=concurrency,
            batch=batch,
        )

    @property
    def unsettled(self) -> int:
        return self._session.unsettled if self._session is not None else 0

    async def leave(self) -> None:
        """Cancel, drain, settle, close: an ack on a closed channel would cost the connection."""
        try:
            await self._unsubscribe()
            await self._crew.leave()
            for delivery, timer in tuple(self._retries.items()):
                timer.cancel()
                self._retry(delivery)
            while self._chores:
                await asyncio.wait(self._chores)
            if self._session is not None:
                await self._session.hand_back()
        finally:
            for timer in self._retries.values():
                timer.cancel()
            for chore in self._chores:
                chore.cancel()
            await self.link.close()

    async def _subscribe(self, channel: AbstractChannel) -> Channel:
        await self._topology.declare(channel)
        raw = await underlay(channel)
        session = Session(raw)
        # What was delivered on the old channel comes again on this one.
        self._waiting.clear()
        self._session = session
        raw.on_consumer_cancel_callbacks.add(self._cancelled)
        await amqp(raw.basic_qos(prefetch_count=self._prefetch))
        consumed = await amqp(
            raw.basic_consume(self._topology.work, lambda message: self._receive(session, message))
        )
        session.consumer_tag = str(consumed.consumer_tag)
        return raw

    async def _unsubscribe(self) -> None:
        session = self._session
        if session is None or session.closed:
            return
        try:
            async with asyncio.timeout(_LEAVE_TIMEOUT):
                await amqp(session.channel.basic_cancel(session.consumer_tag))
        except (ConnectionLost, TimeoutError) as cause:
            log.info("bus.cancel_failed", reason=str(cause))

    def _cancelled(self, frame: spec.Basic.Cancel) -> None:
        session = self._session
        if session is not None and frame.consumer_tag == session.consumer_tag:
            self.link.drop(session.channel, "the broker ended the consumer: its queue is gone")

    async def _receive(self, session: Session, message: DeliveredMessage) -> None:
        deliver = message.delivery
        if session is not self._session or not isinstance(deliver, spec.Basic.Deliver):
            return
        tag = deliver.delivery_tag or 0
        session.delivered(tag)
        if deliver.redelivered:
            self._counters.redelivered += 1
        key = deliver.routing_key or ""
        try:
            event = unpack(message.body)
        except Malformed as problem:
            self._do(self._bury(session, tag, message.body, key, f"malformed: {problem}"))
            return
        self._waiting.put(
            Received(tag, event, _failures(message), session=session, body=message.body, key=key)
        )

    async def _settle(self, batch: list[Received], error: BaseException | None) -> None:
        if error is None:
            await batch[0].session.accept([delivery.tag for delivery in batch])
            return
        for delivery in batch:
            delivery.failures += 1
            if delivery.failures > self._options.delivery_limit:
                reason = f"failed {delivery.failures} times: {error!r}"[:500]
                self._do(
                    self._bury(delivery.session, delivery.tag, delivery.body, delivery.key, reason)
                )
            else:
                self._retry_later(delivery)

    def _release(self, batch: list[Received]) -> None:
        for delivery in batch:
            self._do(delivery.session.refuse(delivery.tag))

    def _retry_later(self, delivery: Received) -> None:
        seconds = delay(
            delivery.failures - 1,
            base=self._options.redelivery_base,
            cap=self._options.redelivery_cap,
            chance=self._random(),
        )
        loop = asyncio.get_running_loop()
        self._retries[delivery] = loop.call_later(seconds, self._retry, delivery)

    def _retry(self, delivery: Received) -> None:
        del self._retries[delivery]
        self._do(delivery.session.refuse(delivery.tag))

    async def _bury(self, session: Session, tag: int, body: bytes, key: str, reason: str) -> None:
        """The copy is on disk before the original is acknowledged."""
        try:
            await self._publisher.bury(body, key=key, reason=reason)
        except BusUnavailable as error:
            log.warning("bus.bury_failed", reason=error.message)
            await session.refuse(tag)
            return
        self._counters.dead += 1
        log.warning("bus.dead", key=key, reason=reason)
        await session.accept([tag])

    def _do(self, chore: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._chores.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("bus.settle_failed", exc_info=error)


def _failures(message: DeliveredMessage) -> int:
    """How often the broker has put it back; quorum queues say so from the second delivery on."""
    headers = message.header.properties.headers
    count = headers.get("x-delivery-count") if headers else None
    return count if isinstance(count, int) else 0
