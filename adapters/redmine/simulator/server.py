"""The simulated Redmine as a web application, and as an object for tests."""

import asyncio
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.redmine.simulator import (
    api_issues,
    api_parts,
    api_places,
    context,
    control,
    pages,
)
from adapters.redmine.simulator.config import SimulatorConfig
from adapters.redmine.simulator.faults import Fault, Faults, RateLimit, answer_fault
from adapters.redmine.simulator.model import ANONYMOUS, Refused, User
from adapters.redmine.simulator.state import State

_LARGEST_BODY = 64 << 20
"""Bytes of a JSON body; files are streamed."""


def system_now() -> int:
    return time.time_ns() // 1_000_000


def create_app(state: State, faults: Faults) -> web.Application:
    """The pages at `/` need no login: the simulator listens on the loopback and holds nothing."""
    app = web.Application(middlewares=[_answer], client_max_size=_LARGEST_BODY)
    app[context.STATE] = state
    app[context.FAULTS] = faults
    for part in (api_issues, api_parts, api_places, pages, control):
        app.router.add_routes(part.routes())
    return app


class RedmineSimulator:
    """`async with RedmineSimulator() as redmine:` listens on a free loopback port."""

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        now: Callable[[], int] = system_now,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.config = config or SimulatorConfig()
        self.state = State(self.config, now)
        self.faults = Faults(now)
        self.url = ""
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "RedmineSimulator":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        app = create_app(self.state, self.faults)
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        port = runner.addresses[0][1]
        self.url = f"http://{self._host}:{port}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        self.state.close()

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

    def limit_rate(self, limit: RateLimit | None) -> None:
        """None switches the limit off."""
        self.faults.limit = limit


@web.middleware
async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await _guarded(request, handler)
    except Refused as refused:
        if refused.status == 422:
            answer = context.reply({"errors": list(refused.errors)}, 422)
        else:
            answer = web.Response(status=refused.status, content_type="application/json")
        answer.headers.update(refused.headers)
        return answer


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not (request.path.endswith(".json") or "/attachments/download/" in request.path):
        return await handler(request)
    faults = request.app[context.FAULTS]
    resource = request.match_info.route.resource
    path = resource.canonical if resource else request.path
    faults.calls[f"{request.method} {path}"] += 1
    if faults.latency:
        await asyncio.sleep(faults.latency)
    request[context.USER] = _user(request)
    faults.spend()
    fault = faults.take(request.method, path)
    if fault is not None and not fault.after:
        return await answer_fault(request, fault)
    answer = await handler(request)
    return answer if fault is None else await answer_fault(request, fault)


def _user(request: web.Request) -> User:
    """Whoever the key belongs to; one that nobody has is a visitor's, as in the real one."""
    state = context.state(request)
    key = request.headers.get("X-Redmine-API-Key") or request.query.get("key", "")
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if not key and kind == "Basic":
        key = b64decode(given).decode("utf-8", "replace").partition(":")[0]
    return state.by_key(key) if key else ANONYMOUS


async def run(
    port: int,
    *,
    webhook: str | None = None,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    announce: Callable[[str], None],
) -> None:
    """Serves until cancelled. Redmine tells nobody of changes, so `webhook` is not called."""
    config = SimulatorConfig(projects={project: f"{project} (simulated)"}, token=token)
    async with RedmineSimulator(config, host=host, port=port) as redmine:
        announce(f"Redmine simulator: {redmine.url}")
        await _forever()


async def _forever() -> None:
    waiting: Awaitable[None] = asyncio.get_running_loop().create_future()
    await waiting
