"""A tracker of a few lines over real HTTP, and a clock that the test turns."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.http import Call, Dialect, HttpSettings, Limit, Refusal, TrackerHttp
from schemas.errors import Fault, TrackerError

SECRET = "s3cret-token"
FAULTS = {401: Fault.CREDENTIALS, 403: Fault.PERMISSION, 429: Fault.THROTTLED}


class Plain(Dialect):
    """`renewals` are the tokens that it may log in with anew."""

    def __init__(self) -> None:
        self.token = SECRET
        self.renewals: list[str] = []

    async def authorize(self, call: Call) -> dict[str, str]:
        return {"Authorization": "Bearer " + self.token}

    async def renew(self) -> bool:
        if not self.renewals:
            return False
        self.token = self.renewals.pop()
        return True

    def limits(self, status: int, headers: Any, now: int) -> Limit:
        if "X-Slow-Writes" in headers:
            return Limit(float(headers["X-Slow-Writes"]), writes_only=True)
        asked = super().limits(status, headers, now)
        return Limit(asked.wait, scope=headers.get("X-Scope", "all"))

    def translate(self, refusal: Refusal) -> TrackerError:
        unsure = Fault.UNKNOWN_OUTCOME if refusal.write else Fault.UNAVAILABLE
        fault = FAULTS.get(refusal.status, Fault.VALIDATION if refusal.status < 500 else unsure)
        wait = float(refusal.headers["Retry-After"]) if fault is Fault.THROTTLED else None
        text = f"refused to {refusal.what}: {refusal.body.decode(errors='replace')}"
        return TrackerError(fault, text, status=refusal.status, retry_after=wait)

    def secrets(self) -> tuple[str, ...]:
        return (self.token,)


class Server:
    """Answers with what was queued, at last with 200 `[]`."""

    def __init__(self) -> None:
        self.queued: list[Callable[[web.Request], Awaitable[web.StreamResponse]]] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    def queue(self, status: int = 200, body: bytes = b"[]", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, body=body, headers=named)

        self.queued.append(answer)

    def cut(self) -> None:
        async def answer(request: web.Request) -> web.Response:
            request.transport.abort()
            return web.Response()

        self.queued.append(answer)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except (ConnectionError, aiohttp.ClientError):
            body = b"(broken off)"
        self.seen.append((request.method, request.path_qs, dict(request.headers), body))
        if self.queued:
            return await self.queued.pop(0)(request)
        return web.Response(body=b"[]")


@pytest.fixture
def dialect() -> Plain:
    return Plain()


@pytest.fixture
async def start() -> AsyncIterator[Callable[[], Awaitable[Server]]]:
    runners = []

    async def started() -> Server:
        server, app = Server(), web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{rest:.*}", server.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return server

    yield started
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def server(start: Callable[[], Awaitable[Server]]) -> Server:
    return await start()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
def connect(server, session, clock, dialect) -> Callable[..., TrackerHttp]:
    def connected(**settings: Any) -> TrackerHttp:
        given = {"connector": "c", "title": "Plain", "base": server.url + "/api", **settings}
        return TrackerHttp(HttpSettings(**given), dialect, session, clock, clock.pause, lambda: 0.5)

    return connected


@pytest.fixture
def http(connect) -> TrackerHttp:
    return connect()


@pytest.fixture
def refusal() -> Callable[[Awaitable[object]], Awaitable[TrackerError]]:
    async def caught(call: Awaitable[object]) -> TrackerError:
        with pytest.raises(TrackerError) as raised:
            await call
        return raised.value

    return caught
