"""The simulated GitHub as a web application, and as an object for tests."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.github.simulator import (
    comments,
    context,
    control,
    deliveries,
    directory,
    issues,
    links,
    pages,
    search,
)
from adapters.github.simulator.config import SimulatorConfig, Webhook
from adapters.github.simulator.faults import Fault, Faults, answer_fault
from adapters.github.simulator.hooks import Hooks
from adapters.github.simulator.logins import LOGINS, Logins
from adapters.github.simulator.model import Moved, Refused
from adapters.github.simulator.shapes import API
from adapters.github.simulator.state import State

_LARGEST_BODY = 8 << 20
_OPEN = (f"{API}/rate_limit",)


def system_now() -> int:
    return time.time_ns() // 1_000_000


def create_app(state: State, faults: Faults, hooks: Hooks, logins: Logins) -> web.Application:
    """The pages at `/` need no login: the simulator listens on the loopback and holds nothing."""
    app = web.Application(middlewares=[_answer], client_max_size=_LARGEST_BODY)
    app[context.STATE] = state
    app[context.FAULTS] = faults
    app[deliveries.HOOKS] = hooks
    app[LOGINS] = logins
    for part in (directory, issues, comments, links, search, deliveries, control, pages):
        app.router.add_routes(part.routes())
    return app


class GitHubSimulator:
    """`async with GitHubSimulator() as github:` listens on a free loopback port."""

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
        self.logins = Logins(self.config, now)
        self.hooks = Hooks(self.state, self.config.webhooks, lambda: self.url)
        self.url = ""
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "GitHubSimulator":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        app = create_app(self.state, self.faults, self.hooks, self.logins)
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        port = runner.addresses[0][1]
        self.url = f"http://{self._host}:{port}"
        await self.hooks.start()
        self.state.listeners.append(self.hooks.tell)

    async def close(self) -> None:
        await self.hooks.close()
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


@web.middleware
async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await _guarded(request, handler)
    except Refused as refused:
        body = {"message": refused.message, "documentation_url": "https://docs.github.com/rest"}
        shown = {**body, "errors": refused.errors} if refused.errors else body
        answer = context.reply({**shown, "status": str(refused.status)}, refused.status)
        answer.headers.update(refused.headers)
        return answer


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not request.path.startswith(API + "/"):
        return await handler(request)
    faults = request.app[context.FAULTS]
    resource = request.match_info.route.resource
    path = resource.canonical if resource else request.path
    faults.calls[f"{request.method} {path.removeprefix(API)}"] += 1
    if faults.latency:
        await asyncio.sleep(faults.latency)
    if request.path not in _OPEN:
        request.app[LOGINS].check(request.headers)
    headers = faults.spend(request.method)
    fault = faults.take(request.method, path)
    if fault is not None and not fault.after:
        return await answer_fault(request, fault)
    answer = await _moved_on(request, handler)
    if fault is not None:
        return await answer_fault(request, fault)
    headers["X-GitHub-Request-Id"] = f"SIM:{sum(faults.calls.values())}"
    if version := request.app[context.STATE].config.enterprise_version:
        headers["X-GitHub-Enterprise-Version"] = version
    answer.headers.update(headers)
    return _unchanged(request, answer)


async def _moved_on(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A renamed repository keeps what follows its name; a transferred issue has a place of its
    own."""
    try:
        return await handler(request)
    except Moved as moved:
        rest = request.path.removeprefix(API).split("/")
        tail = "" if "/issues/" in moved.path else "/".join(["", *rest[4:]])
        status = 301 if request.method == "GET" else 307
        query = f"?{request.query_string}" if request.query_string else ""
        site = f"{request.scheme}://{request.host}"
        where = f"{site}{API}{moved.path}{tail}{query}"
        answer = context.reply({"message": "Moved Permanently", "url": where}, status)
        answer.headers["Location"] = where
        return answer


def _unchanged(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    if request.method != "GET" or answer.status != 200 or not isinstance(answer, web.Response):
        return answer
    body = answer.body
    tag = hashlib.sha256(body if isinstance(body, bytes) else b"").hexdigest()[:32]
    answer.headers["ETag"] = f'"{tag}"'
    if tag in request.headers.get("If-None-Match", ""):
        request.app[context.FAULTS].limit.used -= 1  # such an answer is not counted
        return web.Response(status=304, headers={"ETag": f'"{tag}"'})
    return answer


async def run(
    port: int,
    *,
    webhook: str | None,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    webhook_secret: str = "",
    announce: Callable[[str], None],
) -> None:
    """Serves until cancelled. `webhook` is told of every change, signed with `webhook_secret`."""
    config = SimulatorConfig(
        projects=(project,),
        organisations=(project.partition("/")[0],),
        token=token,
        webhooks=(Webhook(webhook, webhook_secret),) if webhook else (),
    )
    async with GitHubSimulator(config, host=host, port=port) as github:
        announce(f"GitHub simulator: {github.url}")
        await _forever()


async def _forever() -> None:
    waiting: Awaitable[None] = asyncio.get_running_loop().create_future()
    await waiting
