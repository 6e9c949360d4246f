"""The simulated ALM as a web application, and as an object for tests."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.alm.simulator import (
    api_customization,
    api_entities,
    api_files,
    api_site,
    context,
    pages,
)
from adapters.alm.simulator.config import SimulatorConfig
from adapters.alm.simulator.model import QcError
from adapters.alm.simulator.state import State
from adapters.simulation import Server, system_now


class AlmSimulator(Server):
    """`async with AlmSimulator() as alm:` listens on a free loopback port. The pages at `/` need no
    login: the simulator listens on the loopback and holds nothing."""

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

    @property
    def address(self) -> str:
        """What a connector's `url` is."""
        return self.url + context.BASE

    async def __aenter__(self) -> "AlmSimulator":
        app = self.application(context.BASE, context.guard)
        app.middlewares.insert(0, _worded)
        app[context.STATE] = self.state
        for part in (api_site, api_customization, api_entities, api_files, pages):
            app.router.add_routes(part.routes())
        await self.serve(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        self.state.close()


@web.middleware
async def _worded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refusals in the format that was asked for, and the newest cookies with every answer."""
    try:
        answer = await handler(request)
    except QcError as refused:
        answer = context.refusal(request, refused)
    for cookie in request.get(context.COOKIES, []):
        answer.headers.add("Set-Cookie", cookie)
    return answer


async def run(
    port: int,
    *,
    webhook: str | None = None,
    token: str,
    project: str,
    host: str = "127.0.0.1",
    announce: Callable[[str], None],
) -> None:
    """Serves until cancelled. ALM tells nobody of changes, so `webhook` is not called."""
    config = SimulatorConfig(project=project, secret=token)
    async with AlmSimulator(config, host=host, port=port) as alm:
        announce(
            f"ALM simulator: {alm.address}, project {config.domain}/{project}; client id"
            f" {config.client_id} with the token as its secret. People's pages: {alm.url}/"
        )
        await _forever()


async def _forever() -> None:
    waiting: Awaitable[None] = asyncio.get_running_loop().create_future()
    await waiting
