"""One connection to the broker that is rebuilt whenever it stops working."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq import Channel
from yarl import URL

from schemas.errors import BusUnavailable, ConfigurationError
from service.bus.amqp import ConnectionLost, amqp, explain, masked
from service.bus.backoff import delay
from service.bus.figures import Counters
from service.bus.options import BusOptions

log = structlog.get_logger()

_HEARTBEAT = 10
_CLOSE_TIMEOUT = 3.0
Prepare = Callable[[AbstractChannel], Awaitable[Channel]]
"""Declares and subscribes on a fresh channel, and answers its raw form."""


class Link:
    """Owns a connection and its channel. Both are always new objects after a loss.

    `purpose` names it in logs and on the broker. `probe` names a queue whose passive declaration
    proves that the broker still answers.
    """

    def __init__(
        self,
        url: URL,
        purpose: str,
        prepare: Prepare,
        *,
        probe: str,
        random: Callable[[], float],
        options: BusOptions,
        counters: Counters,
    ) -> None:
        self._url = url if "heartbeat" in url.query else url.update_query(heartbeat=_HEARTBEAT)
        self._purpose = purpose
        self._prepare = prepare
        self._probe_queue = probe
        self._random = random
        self._options = options
        self._counters = counters
        self._connection: AbstractConnection | None = None
        self._channel: Channel | None = None
        self._up = asyncio.Event()
        self._tried = asyncio.Event()
        self._attention = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._was_up = False
        self._closing = False
        self.problem = "not connected yet"
        """Why it is not up; '' when it is."""
        self.misconfigured: ConfigurationError | None = None

    async def start(self) -> None:
        """Returns after the first try, failed or not. Raises `ConfigurationError` only."""
        self._spawn()
        await self._tried.wait()
        if self.misconfigured is not None:
            await self.close()
            raise self.misconfigured

    async def channel(self) -> Channel:
        """Waits until there is one: to be called under a time-out."""
        while self._channel is None:
            if self._closing:
                raise BusUnavailable("The bus is closed.", remedy="Start the node.")
            await self._up.wait()
        return self._channel

    def drop(self, channel: Channel, reason: str) -> None:
        """Gives `channel` and its connection up, if they are still the current ones."""
        if channel is self._channel:
            self._fail(reason)
            self._attention.set()

    def suspect(self) -> None:
        """Asks for a proof that the connection works, now."""
        self._attention.set()

    async def check(self) -> str:
        if self._channel is None:
            return self.problem
        if await self.blocked():
            return "the broker blocks publishing: it raised a memory or disk alarm"
        try:
            await self._probe()
        except ConnectionLost as lost:
            self._attention.set()
            return str(lost)
        return ""

    async def blocked(self) -> bool:
        connection = self._connection
        transport = None if connection is None else connection.transport
        if transport is None:
            return False
        try:
            # Returns without waiting unless the broker has sent Connection.Blocked.
            async with asyncio.timeout(0):
                await transport.ready()
        except TimeoutError:
            return True
        return False

    @asynccontextmanager
    async def spare_channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel of its own, for what may fail: an error on a channel closes it."""
        connection = self._connection
        if connection is None or self._channel is None:
            raise ConnectionLost(self.problem)
        channel = connection.channel(publisher_confirms=False)
        await amqp(channel.initialize())
        try:
            yield channel
        finally:
            await amqp(channel.close())

    async def close(self) -> None:
        self._closing = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._fail("the bus is closed")
        self._up.set()
        await self._tear_down()

    def _spawn(self) -> None:
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Nothing may end the keeper of a connection but `close`."""
        if self._closing:
            return
        error = None if task.cancelled() else task.exception()
        log.error("bus.link_failed", purpose=self._purpose, exc_info=error)
        self._fail("an internal error; the log has it")
        self._tried.set()
        asyncio.get_running_loop().call_later(self._options.reconnect_cap, self._respawn)

    def _respawn(self) -> None:
        if not self._closing:
            self._spawn()

    async def _run(self) -> None:
        attempt = 0
        while True:
            try:
                async with asyncio.timeout(self._options.connect_timeout):
                    await self._build()
            except ConfigurationError as error:
                self.misconfigured = error
                self._fail(f"{error.message} {error.remedy}")
            except ConnectionLost as lost:
                self._fail(str(lost))
            except TimeoutError:
                self._fail("the broker does not answer")
            else:
                attempt = 0
                await self._watch()
            self._tried.set()
            await self._tear_down()
            await self._pause(attempt)
            attempt += 1

    async def _pause(self, attempt: int) -> None:
        options = self._options
        await asyncio.sleep(
            delay(
                attempt,
                base=options.reconnect_base,
                cap=options.reconnect_cap,
                chance=self._random(),
            )
        )

    async def _build(self) -> None:
        self._attention.clear()
        properties = {"connection_name": f"tidegate {self._purpose}"}
        self._connection = await amqp(
            aio_pika.connect(self._url, client_properties=dict(properties))
        )
        channel = self._connection.channel(publisher_confirms=True, on_return_raises=True)
        await amqp(channel.initialize())
        raw = await self._prepare(channel)
        raw.closing.add_done_callback(lambda closing: self._closed(raw, closing))
        if raw.is_closed:
            raise ConnectionLost("the channel was closed at once")
        self._channel = raw
        self.problem = ""
        self.misconfigured = None
        self._up.set()
        self._tried.set()
        self._counters.reconnects += self._was_up
        self._was_up = True
        log.info("bus.connected", purpose=self._purpose, url=masked(self._url))

    async def _watch(self) -> None:
        """Returns when the connection is lost, or cannot prove that it works."""
        while self._up.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.probe_interval):
                    await self._attention.wait()
            self._attention.clear()
            if not self._up.is_set() or await self.blocked():
                continue
            try:
                await self._probe()
            except ConnectionLost as lost:
                self._fail(str(lost))

    async def _probe(self) -> None:
        try:
            async with asyncio.timeout(self._options.probe_timeout):
                async with self.spare_channel() as channel:
                    await amqp(channel.declare_queue(self._probe_queue, passive=True))
        except TimeoutError as cause:
            raise ConnectionLost("the broker does not answer") from cause

    def _closed(self, channel: Channel, closing: "asyncio.Future[object]") -> None:
        error = None if closing.cancelled() else closing.exception()
        self.drop(channel, explain(error) if error else "the connection ended")

    def _fail(self, reason: str) -> None:
        if reason != self.problem and not self._closing:
            log.warning(
                "bus.disconnected", purpose=self._purpose, url=masked(self._url), reason=reason
            )
        self.problem = reason
        self._channel = None
        self._up.clear()

    async def _tear_down(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await amqp(connection.close())
        except (ConnectionLost, TimeoutError) as cause:
            log.debug("bus.close_failed", purpose=self._purpose, reason=str(cause))
