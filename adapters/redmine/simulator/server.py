"""The simulated Redmine as a web application, and as an object for tests."""

from base64 import b64decode
from collections.abc import Callable

from aiohttp import web

from adapters.redmine.simulator import (
    api_issues,
    api_parts,
    api_places,
    context,
    pages,
)
from adapters.redmine.simulator.config import SimulatorConfig
from adapters.redmine.simulator.faults import Faults, RateLimit
from adapters.redmine.simulator.model import ANONYMOUS, User
from adapters.redmine.simulator.state import State
from adapters.simulation import Now, Server, system_now, until_cancelled


class RedmineSimulator(Server):
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

    def compose(self) -> web.Application:
        parts = (api_issues, api_parts, api_places, pages)
        app = self.application(_is_api, self._admit, *parts)
        app[context.STATE] = self.state
        return app

    async def close(self) -> None:
        await super().close()
        self.state.close()

    def _admit(self, request: web.Request) -> None:
        request[context.USER] = _user(request)
        self.faults.spend()

    def limit_rate(self, limit: RateLimit | None) -> None:
        """None switches the limit off."""
        self.faults.limit = limit


def _is_api(path: str) -> bool:
    return path.endswith(".json") or "/attachments/download/" in path


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
        await until_cancelled()
