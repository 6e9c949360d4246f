"""A TCP proxy that breaks on demand, for chaos tests."""

import asyncio
import contextlib
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
        self.accepted = 0

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
        self._start(reader, far_writer)
        self._start(far_reader, writer)

    def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        pump = asyncio.create_task(self._pump(reader, writer))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        pump.add_done_callback(lambda _: self._writers.discard(writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                if self.latency:
                    await asyncio.sleep(self.latency)
                await self._flowing.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()
