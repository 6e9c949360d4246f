"""A TCP proxy that breaks on demand, for chaos tests."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Literal, Self

Fault = Literal["none", "black_hole", "refuse"]


class FaultProxy:
    """Listens on a free loopback port and passes bytes on to one target, until told not to."""

    def __init__(self, port: int, *, host: str = "127.0.0.1") -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._fault: Fault = "none"
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.latency = 0.0
        """Seconds by which each chunk is held back, in each direction."""
        self.patience: float | None = None
        """Seconds that a client waits for an answer before both connections are cut, as some
        proxies of companies do. A connection on which nothing was asked is left alone."""
        self.accepted = 0
        self.cuts = 0

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def black_hole(self) -> None:
        """Connections stay open and new ones are accepted, but no byte passes."""
        self._fault = "black_hole"
        self._flowing.clear()

    def cut(self) -> None:
        """Resets all connections; new ones are closed at once."""
        self._fault = "refuse"
        self._flowing.set()
        self.reset()

    def reset(self) -> None:
        """Resets all connections once; new ones work."""
        for writer in self._writers:
            writer.transport.abort()

    def heal(self, *, reset: bool = False) -> None:
        """Held bytes flow on, unless `reset` drops their connections."""
        if reset:
            self.reset()
        self._fault = "none"
        self._flowing.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self._pumps.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self._fault == "refuse":
            writer.transport.abort()
            return
        await self._flowing.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        watch = _Watch(self, (writer, far_writer))
        self._start(reader, far_writer, watch.asked)
        self._start(far_reader, writer, watch.answered)

    def _start(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        passed: Callable[[], None],
    ) -> None:
        self._writers.add(writer)
        pump = asyncio.create_task(self._pump(reader, writer, passed))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        pump.add_done_callback(lambda _: self._writers.discard(writer))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        passed: Callable[[], None],
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                if self.latency:
                    await asyncio.sleep(self.latency)
                await self._flowing.wait()
                writer.write(chunk)
                passed()
                await writer.drain()
        writer.close()


class _Watch:
    """Of one connection: since when does its client wait?"""

    def __init__(self, proxy: FaultProxy, writers: tuple[asyncio.StreamWriter, ...]) -> None:
        self._proxy = proxy
        self._writers = writers
        self._timer: asyncio.TimerHandle | None = None

    def asked(self) -> None:
        self.answered()
        if self._proxy.patience is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._proxy.patience, self._cut)

    def answered(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut(self) -> None:
        self._proxy.cuts += 1
        for writer in self._writers:
            writer.transport.abort()
