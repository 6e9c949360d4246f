"""The simulated SD Elements as a web application, and as an object for tests."""

import asyncio
import hmac
from collections.abc import Callable

from aiohttp import web

from adapters.sd_elements.simulator import alm, api, pages
from adapters.sd_elements.simulator.config import SimulatorConfig
from adapters.sd_elements.simulator.state import State
from adapters.simulation import Refused, Server, system_now

_PREFIX = "/api/v2"


class SdElementsSimulator(Server):
    """`async with SdElementsSimulator() as sde:` listens on a free loopback port. The pages at `/`
    need no login: it listens on the loopback and holds nothing."""

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        now: Callable[[], int] = system_now,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host=host, port=port)
        self.config = config or SimulatorConfig()
        self.state = State(self.config, now)

    async def __aenter__(self) -> "SdElementsSimulator":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        app = self.application("/api/", self._authenticate)
        app[api.STATE] = self.state
        app.router.add_routes([*api.routes(_PREFIX), *alm.routes(_PREFIX), *pages.routes()])
        await self.serve(app)

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
        await asyncio.get_running_loop().create_future()
