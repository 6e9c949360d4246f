"""A simulated tracker as a web application on a loopback port."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol, Self

from aiohttp import web

from adapters.simulation import control
from adapters.simulation.faults import Fault, Faults
from adapters.simulation.gate import FAULTS, Covered, Guard, guarded

LARGEST_BODY = 64 << 20
"""Bytes of a JSON body; attachments are streamed and know no limit."""

Now = Callable[[], int]


class Part(Protocol):
    """A module of handlers."""

    def routes(self) -> Iterable[web.RouteDef]: ...


def system_now() -> int:
    return time.time_ns() // 1_000_000


async def until_cancelled() -> None:
    await asyncio.get_running_loop().create_future()


class Server(ABC):
    """`async with` it: it listens on a free loopback port, unless one is named. Its pages need no
    login, for it listens on the loopback and holds nothing. Beside the tracker's own paths it has
    those of `control.py`."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, faults: Faults | None = None
    ) -> None:
        self.faults = faults or Faults()
        self.url = ""
        self.host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @abstractmethod
    def compose(self) -> web.Application:
        """What `application` makes, with the tracker's own paths."""

    def application(
        self, covered: Covered, guard: Guard, *parts: Part, base: str = ""
    ) -> web.Application:
        middlewares = [guarded(covered, guard, base)]
        app = web.Application(middlewares=middlewares, client_max_size=LARGEST_BODY)
        app[FAULTS] = self.faults
        for routes in (control.routes(), *(part.routes() for part in parts)):
            app.router.add_routes(routes)
        return app

    async def start(self) -> None:
        app = self.compose()
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, self.host, self._port).start()
        self.url = f"http://{self.host}:{runner.addresses[0][1]}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def calls(self) -> Counter[str]:
        """`METHOD /path/{template}` -> how often it was asked."""
        return self.faults.calls

    @property
    def latency(self) -> float:
        return self.faults.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.faults.latency = seconds

    def fail_next(self, fault: Fault) -> None:
        self.faults.fail_next(fault)
