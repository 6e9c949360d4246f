"""The simulated Jira as a web application, and as an object for tests."""

import hmac
from base64 import b64encode
from collections.abc import Callable

from aiohttp import web

from adapters.jira.simulator import (
    attachments,
    comments,
    context,
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
from adapters.jira.simulator.faults import Faults, RateLimit
from adapters.jira.simulator.hooks import Hooks
from adapters.jira.simulator.model import Refused
from adapters.jira.simulator.state import State
from adapters.simulation import Now, Server, system_now, until_cancelled

_VERSION = "/rest/api/2/"
_LATEST = "/rest/api/latest/"
_GUARDED = ("/rest/", "/secure/")


_PARTS = (metadata, issues, links, comments, worklogs, attachments, directory, hooks, pages)


def _as_latest(routes: list[web.RouteDef]) -> list[web.RouteDef]:
    """The other name of the API's version, which some programs use."""
    versioned = [route for route in routes if route.path.startswith(_VERSION)]
    return [
        web.route(route.method, route.path.replace(_VERSION, _LATEST, 1), route.handler)
        for route in versioned
    ]


class JiraSimulator(Server):
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
        self.state = self.new_state(now)
        self.hooks = self.new_hooks()

    async def start(self) -> None:
        await super().start()
        await self.hooks.start()
        self.state.listeners.append(self.hooks.tell)

    def new_state(self, now: Now) -> State:
        return State(self.config, now)

    def new_hooks(self) -> Hooks:
        return Hooks(self.config.webhooks, lambda: self.url)

    def compose(self) -> web.Application:
        app = self.application(_GUARDED, self._admit, *_PARTS)
        app.middlewares.append(rights.checked)
        app[context.STATE] = self.state
        app[hooks.HOOKS] = self.hooks
        for part in _PARTS:
            app.router.add_routes(_as_latest(part.routes()))
        return app

    async def close(self) -> None:
        await self.hooks.close()
        await super().close()
        self.state.close()

    def _admit(self, request: web.Request) -> dict[str, str]:
        _authenticate(request)
        return self.faults.spend()

    def limit_rate(self, limit: RateLimit | None) -> None:
        """None switches the limit off."""
        self.faults.limit = limit


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
        await until_cancelled()
