"""Somebody between a client and an HTTP server: counts what passes, and may alter answers."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

import aiohttp
import msgspec
from aiohttp import web

_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


class Answer(msgspec.Struct, frozen=True):
    path: str
    status: int
    headers: dict[str, str]
    body: bytes


Alter = Callable[[Answer], Awaitable[Answer]]


class Wiretap:
    """Listens on a free loopback port and asks a server on another for everything."""

    def __init__(self, port: int) -> None:
        self._target = f"http://127.0.0.1:{port}"
        self.alter: Alter | None = None
        self.clear()

    def clear(self) -> None:
        self.requests: Counter[str] = Counter()
        """By path."""
        self.sent = 0
        """Bytes of requests, their headers included."""
        self.received = 0
        """Bytes of answers, their headers included."""
        self.items: list[tuple[str, int]] = []
        """Twin and sealed bytes of each message in an answer, as often as it came."""

    @property
    def port(self) -> int:
        port: int = self._runner.addresses[0][1]
        return port

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=300),
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests[request.path] += 1
        self.sent += len(body) + _size(request.headers)
        try:
            answer = await self._ask(request, body)
        except aiohttp.ClientError:
            return web.Response(status=502)
        if self.alter is not None:
            answer = await self.alter(answer)
        self.received += len(answer.body) + _size(answer.headers)
        self._note(answer)
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async def _ask(self, request: web.Request, body: bytes) -> Answer:
        async with self._session.request(
            request.method,
            self._target + request.raw_path,
            data=body,
            headers=_kept(request.headers),
            allow_redirects=False,
        ) as answer:
            kept = _kept(answer.headers)
            return Answer(request.path, answer.status, kept, await answer.read())

    def _note(self, answer: Answer) -> None:
        if answer.path.endswith("/exchange") and answer.status == 200:
            said = msgspec.msgpack.decode(answer.body)
            self.items += [(i["twin"], len(i["sealed"])) for i in said.get("items", ())]


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOPS}


def _size(headers: Mapping[str, str]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers.items())
