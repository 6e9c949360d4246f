"""A simulated Redmine over real HTTP, with a clock that the test turns."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from adapters.redmine import RedmineTracker, parse_params
from adapters.redmine.simulator import RedmineSimulator, SimulatorConfig
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.support.clock import Clock


@pytest.fixture
async def redmine(clock: Clock) -> AsyncIterator[RedmineSimulator]:
    async with RedmineSimulator(
        SimulatorConfig(time_zone="America/New_York"), now=clock
    ) as simulator:
        yield simulator


@pytest.fixture
def connect(
    redmine: RedmineSimulator, session: aiohttp.ClientSession, clock: Clock
) -> Callable[..., RedmineTracker]:
    def connected(**params: Any) -> RedmineTracker:
        token = redmine.config.token
        settings = {"url": redmine.url, "token": token, "projects": ["sim"], **params}
        return RedmineTracker("redmine-a", parse_params(settings), session, clock, clock.pause)

    return connected


@pytest.fixture
def tracker(connect: Callable[..., RedmineTracker]) -> RedmineTracker:
    return connect()


@pytest.fixture
def limited(redmine: RedmineSimulator, connect: Callable[..., RedmineTracker]) -> RedmineTracker:
    """The connector of a mere reporter, who is no administrator."""
    return connect(token=redmine.config.limited_token)


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def made(marker: str = "marker-1", source_url: str = "", **fields: Any) -> IssueDraft:
        given = {"summary": "A summary", "description": plain("Some text"), **fields}
        return IssueDraft("sim", "Bug", given, marker, source_url)

    return made
