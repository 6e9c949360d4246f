"""The simulated GitHub as a web application, and as an object for tests."""

import hashlib
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.github.simulator import (
    comments,
    context,
    deliveries,
    directory,
    issues,
    links,
    pages,
    search,
)
from adapters.github.simulator.config import SimulatorConfig, Webhook
from adapters.github.simulator.faults import Faults
from adapters.github.simulator.hooks import Hooks
from adapters.github.simulator.logins import LOGINS, Logins
from adapters.github.simulator.model import Moved
from adapters.github.simulator.shapes import API
from adapters.github.simulator.state import State
from adapters.simulation import Now, Server, json_reply, system_now, until_cancelled

_OPEN = (f"{API}/rate_limit",)


_PARTS = (directory, issues, comments, links, search, deliveries, pages)


class GitHubSimulator(Server):
    faults: Faults

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        now: Now = system_now,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host=host, port=port, faults=Faults(now))
        self.config = config or SimulatorConfig()
        self.state = State(self.config, now)
        self.logins = Logins(self.config, now)
        self.hooks = Hooks(self.state, self.config.webhooks, lambda: self.url)

    def compose(self) -> web.Application:
        app = self.application(API + "/", self._admit, *_PARTS, base=API)
        app.middlewares.extend((self._unchanged(), _moved_on))
        app[context.STATE] = self.state
        app[context.LIMIT] = self.faults.limit
        app[deliveries.HOOKS] = self.hooks
        app[LOGINS] = self.logins
        return app

    async def start(self) -> None:
        await super().start()
        await self.hooks.start()
        self.state.listeners.append(self.hooks.tell)

    async def close(self) -> None:
        await self.hooks.close()
        await super().close()

    def _admit(self, request: web.Request) -> dict[str, str]:
        if request.path not in _OPEN:
            self.logins.check(request.headers)
        headers = self.faults.spend(request.method)
        headers["X-GitHub-Request-Id"] = f"SIM:{sum(self.calls.values())}"
        if version := self.config.enterprise_version:
            headers["X-GitHub-Enterprise-Version"] = version
        return headers

    def _unchanged(self) -> Middleware:
        """Whoever has the answer already is told so, and it is not counted."""

        @web.middleware
        async def unchanged(request: web.Request, handler: Handler) -> web.StreamResponse:
            answer = await handler(request)
            api = request.path.startswith(API + "/")
            if not api or request.method != "GET" or answer.status != 200:
                return answer
            body = answer.body if isinstance(answer, web.Response) else b""
            tag = hashlib.sha256(body if isinstance(body, bytes) else b"").hexdigest()[:32]
            answer.headers["ETag"] = f'"{tag}"'
            if tag not in request.headers.get("If-None-Match", ""):
                return answer
            self.faults.limit.used -= 1
            return web.Response(status=304, headers={"ETag": f'"{tag}"'})

        return unchanged


@web.middleware
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
        answer = json_reply({"message": "Moved Permanently", "url": where}, status)
        answer.headers["Location"] = where
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
        await until_cancelled()
