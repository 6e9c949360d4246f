"""The simulated Jira as a web application, and as an object for tests."""

import asyncio
import hmac
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.jira.simulator import (
    attachments,
    comments,
    context,
    control,
    directory,
    hooks,
    issues,
    links,
    metadata,
    pages,
    rights,
    worklogs,
)
from adapters.jira.simulator.config import SimulatorConfig, Webhook
from adapters.jira.simulator.faults import Fault, Faults, RateLimit, answer_fault
from adapters.jira.simulator.hooks import Hooks
from adapters.jira.simulator.model import Refused
from adapters.jira.simulator.state import State

_LARGEST_BODY = 64 << 20
"""Bytes of a JSON body; attachments are streamed and know no limit."""
_VERSION = "/rest/api/2/"
_LATEST = "/rest/api/latest/"
_GUARDED = ("/rest/", "/secure/")


def system_now() -> int:
    return time.time_ns() // 1_000_000


def create_app(state: State, faults: Faults, hooks_: Hooks) -> web.Application:
    """The pages at `/` need no login: the simulator listens on the loopback and holds nothing."""
    app = web.Application(middlewares=[_answer], client_max_size=_LARGEST_BODY)
    app[context.STATE] = state
    app[context.FAULTS] = faults
    app[hooks.HOOKS] = hooks_
    parts = (
        metadata,
        issues,
        links,
        comments,
        worklogs,
        attachments,
        directory,
        hooks,
        pages,
        control,
    )
    for part in parts:
        app.router.add_routes(part.routes())
        app.router.add_routes(_as_latest(part.routes()))
    return app


def _as_latest(routes: list[web.RouteDef]) -> list[web.RouteDef]:
    """The other name of the API's version, which some programs use."""
    versioned = [route for route in routes if route.path.startswith(_VERSION)]
    return [
        web.route(route.method, route.path.replace(_VERSION, _LATEST, 1), route.handler)
        for route in versioned
    ]


class JiraSimulator:
    """`async with JiraSimulator() as jira:` listens on a free loopback port."""

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        now: Callable[[], int] = system_now,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.config = config or SimulatorConfig()
        self.state = self.new_state(now)
        self.faults = Faults(now)
        self.hooks = self.new_hooks()
        self.url = ""
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "JiraSimulator":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        app = self.application()
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        port = runner.addresses[0][1]
        self.url = f"http://{self._host}:{port}"
        await self.hooks.start()
        self.state.listeners.append(self.hooks.tell)

    def new_state(self, now: Callable[[], int]) -> State:
        return State(self.config, now)

    def new_hooks(self) -> Hooks:
        return Hooks(self.config.webhooks, lambda: self.url)

    def application(self) -> web.Application:
        return create_app(self.state, self.faults, self.hooks)

    async def close(self) -> None:
        await self.hooks.close()
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
        body = {"errorMessages": list(refused.messages), "errors": refused.errors}
        answer = context.reply(body, refused.status)
        answer.headers.update(refused.headers)
        return answer


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not request.path.startswith(_GUARDED):
        return await handler(request)
    faults = request.app[context.FAULTS]
    resource = request.match_info.route.resource
    path = resource.canonical if resource else request.path
    faults.calls[f"{request.method} {path}"] += 1
    if faults.latency:
        await asyncio.sleep(faults.latency)
    _authenticate(request)
    headers = faults.spend()
    fault = faults.take(request.method, path)
    if fault is not None and not fault.after:
        return await answer_fault(request, fault)
    rights.check(request, path)
    answer = await handler(request)
    if fault is not None:
        return await answer_fault(request, fault)
    answer.headers.update(headers)
    return answer


def _authenticate(request: web.Request) -> None:
    config = request.app[context.STATE].config
    given = request.headers.get("Authorization", "").encode()
    pair = b64encode(f"{config.user}:{config.password}".encode())
    accepted = (b"Bearer " + config.token.encode(), b"Basic " + pair)
    if not any(hmac.compare_digest(given, known) for known in accepted):
        raise Refused(401, "You are not authenticated. Authentication required.")


async def run(
    port: int,
    *,
    webhook: str | None,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    announce: Callable[[str], None],
) -> None:
    """Serves until cancelled. `webhook` is told of every change."""
    config = SimulatorConfig(
        projects={project: f"{project} (simulated)"},
        token=token,
        webhooks=(Webhook(webhook),) if webhook else (),
    )
    async with JiraSimulator(config, host=host, port=port) as jira:
        announce(f"Jira simulator: {jira.url}")
        await _forever()


async def _forever() -> None:
    waiting: Awaitable[None] = asyncio.get_running_loop().create_future()
    await waiting
