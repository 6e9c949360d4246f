"""The simulated SD Elements as a web application, and as an object for tests."""

import hmac
from collections.abc import Callable

from aiohttp import web

from adapters.sd_elements.simulator import api, pages
from adapters.sd_elements.simulator.config import SimulatorConfig
from adapters.sd_elements.simulator.state import State
from adapters.simulation import Now, Refused, Server, system_now, until_cancelled

_PREFIX = "/api/v2"


class SdElementsSimulator(Server):
    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        now: Now = system_now,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host=host, port=port)
        self.config = config or SimulatorConfig()
        self.state = State(self.config, now)

    def compose(self) -> web.Application:
        app = self.application("/api/", self._authenticate, pages)
        app[api.STATE] = self.state
        app.router.add_routes(api.routes(_PREFIX))
        return app

    def _authenticate(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = hmac.compare_digest(token.strip().encode(), self.config.token.encode())
        if scheme.lower() != "token" or not known:
            raise Refused(401, {"detail": "Invalid token."})


async def run(
    port: int,
    *,
    webhook: str | None,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    announce: Callable[[str], None],
) -> None:
    """Serves until cancelled. SD Elements sends no webhooks."""
    config = SimulatorConfig(projects={project: f"{project} (simulated)"}, token=token)
    async with SdElementsSimulator(config, host=host, port=port) as sde:
        announce(f"SD Elements simulator: {sde.url}")
        if webhook:
            announce("SD Elements sends no webhooks; its tasks are scanned.")
        await until_cancelled()
