"""The command line against a pretended node that answers from the route table."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import NoneType
from typing import Any

import msgspec
import pytest
from aiohttp import web

from schemas.routes import ROUTES
from schemas.routing import PREFIX, Route
from service.cli.program import run_program


class FakeNode:
    """`answers` by the route's name; a pair is status and body. Remembers what it was asked."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, str], Any]] = []
        self.tokens: list[str] = []
        self.streams: list[Callable[[web.Request], Awaitable[web.StreamResponse]]] = []
        """What the event stream says, the first time and each time it is opened again."""

    def app(self) -> web.Application:
        app = web.Application()
        for route in ROUTES:
            app.router.add_route(route.method, PREFIX + route.path, self._handler(route))
        return app

    def _handler(self, route: Route[Any, Any, Any]) -> Callable[..., Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.tokens.append(request.headers.get("Authorization", ""))
            given: Any = None
            if route.body is not NoneType:
                given = msgspec.json.decode(await request.read(), type=route.body)
            elif route.query is not NoneType:
                given = msgspec.convert(dict(request.query), route.query, strict=False)
            self.calls.append((route.name, dict(request.match_info), given))
            if route.streams:
                return await self.streams.pop(0)(request)
            answer = self.answers[route.name]
            if callable(answer):
                answer = answer(given)
            status, body = answer if isinstance(answer, tuple) else (route.status, answer)
            return web.Response(
                status=status, body=msgspec.json.encode(body) if status != 204 else None
            )

        return handle


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]


class _Terminal(io.StringIO):
    """Takes text as a pipe does, wide enough for a whole table."""


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[FakeNode]:
    fake = FakeNode(tmp_path / "s")
    runner = web.AppRunner(fake.app())
    await runner.setup()
    await web.UnixSite(runner, str(fake.socket)).start()
    yield fake
    await runner.cleanup()


@pytest.fixture
def tidegate() -> Callable[..., Awaitable[Result]]:
    """Runs a command as `main` does, in a thread of its own."""

    async def run(
        *arguments: str,
        environ: dict[str, str] | None = None,
        stdin: str = "",
        ask: Callable[[str], str] | None = None,
    ) -> Result:
        out, err = _Terminal(), _Terminal()
        code = await asyncio.to_thread(
            run_program, arguments, environ or {}, io.StringIO(stdin), out, err, ask
        )
        return Result(int(code), out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def on_node(
    node: FakeNode, tidegate: Callable[..., Awaitable[Result]]
) -> Callable[..., Awaitable[Result]]:
    async def run(*arguments: str, **more: Any) -> Result:
        return await tidegate(*arguments, "--socket", str(node.socket), **more)

    return run
