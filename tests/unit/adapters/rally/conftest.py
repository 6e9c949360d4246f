"""A simulated Rally over real HTTP, with a clock that the test turns."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from adapters.rally import RallyTracker, parse_params
from adapters.rally.simulator import RallySimulator, SimulatorConfig
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.support.clock import Clock


@pytest.fixture
def config() -> SimulatorConfig:
    return SimulatorConfig()


@pytest.fixture
async def rally(config: SimulatorConfig, clock: Clock) -> AsyncIterator[RallySimulator]:
    async with RallySimulator(config, now=clock) as simulator:
        yield simulator


@pytest.fixture
def connect(
    rally: RallySimulator, session: aiohttp.ClientSession, clock: Clock
) -> Callable[..., RallyTracker]:
    def connected(**params: Any) -> RallyTracker:
        login = {} if "user" in params else {"token": rally.config.token}
        settings = {"url": rally.url, "projects": ["Harbour"], **login, **params}
        return RallyTracker("rally-a", parse_params(settings), session, clock, clock.pause)

    return connected


@pytest.fixture
def tracker(connect: Callable[..., RallyTracker]) -> RallyTracker:
    return connect()


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def made(kind: str = "Defect", marker: str = "marker-1", **fields: Any) -> IssueDraft:
        given = {"summary": "A summary", "description": plain("Some text"), **fields}
        return IssueDraft("Harbour", kind, given, marker)

    return made


@pytest.fixture
def by_hand(
    rally: RallySimulator, session: aiohttp.ClientSession
) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A person's call to the web services; answers what is in the envelope."""

    async def called(
        method: str, path: str, body: object = None, token: str = "alice-token"
    ) -> dict[str, Any]:
        url = f"{rally.url}/slm/webservice/v2.0{path}"
        headers = {"ZSESSIONID": token}
        async with session.request(method, url, json=body, headers=headers) as answer:
            told = await answer.json()
            return dict(next(iter(told.values())))

    return called
