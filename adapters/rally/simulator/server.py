"""The simulated Rally as a web application, and as an object for tests."""

from collections import Counter
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.rally.simulator import api, api_hooks, pages
from adapters.rally.simulator.config import SimulatorConfig
from adapters.rally.simulator.edits import Edits
from adapters.rally.simulator.founding import found
from adapters.rally.simulator.hooks import Hooks
from adapters.rally.simulator.state import State
from adapters.simulation import Now, Server, system_now, until_cancelled

_PREFIX = "/slm/"


class RallySimulator(Server):
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
        found(self.state)
        self.edits = Edits(self.state)
        self.hooks = Hooks(self.state, self.config.webhooks, lambda: self.url)
        self.keys: dict[str, str] = {}
        """Of sessions that are open: cookie -> key."""
        self.most_at_once = 0
        """Calls of one account that were under way at the same time."""
        self._under_way: Counter[str] = Counter()

    def compose(self) -> web.Application:
        app = self.application(_PREFIX, api.authenticate, api, api_hooks, pages)
        app.middlewares.insert(0, self._counting())
        app.middlewares.append(api.errors_inside)
        app[api.STATE], app[api.EDITS], app[api.KEYS] = self.state, self.edits, self.keys
        app[api_hooks.HOOKS] = self.hooks
        return app

    async def start(self) -> None:
        await super().start()
        await self.hooks.start()

    async def close(self) -> None:
        await self.hooks.close()
        await super().close()

    def _counting(self) -> Middleware:
        """Rally slows down an account that has too many calls under way."""

        @web.middleware
        async def counting(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith(_PREFIX):
                return await handler(request)
            account = request.headers.get("ZSESSIONID", "")
            self._under_way[account] += 1
            self.most_at_once = max(self.most_at_once, self._under_way[account])
            if self._under_way[account] > self.config.most_calls:
                self.state.slowed += 1
            try:
                return await handler(request)
            finally:
                self._under_way[account] -= 1

        return counting


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
        projects=(project,), token=token, webhooks=(webhook,) if webhook else ()
    )
    async with RallySimulator(config, host=host, port=port) as rally:
        announce(f"Rally simulator: {rally.url}")
        await until_cancelled()
