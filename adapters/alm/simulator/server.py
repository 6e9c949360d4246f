"""The simulated ALM as a web application, and as an object for tests."""

from collections.abc import Callable

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
from adapters.simulation import Now, Server, system_now, until_cancelled


class AlmSimulator(Server):
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

    @property
    def address(self) -> str:
        """What a connector's `url` is."""
        return self.url + context.BASE

    def compose(self) -> web.Application:
        parts = (api_site, api_customization, api_entities, api_files, pages)
        app = self.application(context.BASE, context.guard, *parts)
        app.middlewares.insert(0, _worded)
        app[context.STATE] = self.state
        return app

    async def close(self) -> None:
        await super().close()
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
        await until_cancelled()
