"""A simulated Jira over real HTTP, with a clock that the test turns."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from adapters.jira import JiraTracker, parse_params
from adapters.jira.simulator import JiraSimulator, SimulatorConfig
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.support.clock import Clock


@pytest.fixture
async def start_jira(clock: Clock) -> AsyncIterator[Callable[..., Awaitable[JiraSimulator]]]:
    """Starts a simulator with the given settings; it ends with the test."""
    started: list[JiraSimulator] = []

    async def start(**settings: Any) -> JiraSimulator:
        jira = JiraSimulator(SimulatorConfig(**settings), now=clock)
        started.append(jira)
        await jira.start()
        return jira

    yield start
    for jira in started:
        await jira.close()


@pytest.fixture
def connect(session: aiohttp.ClientSession, clock: Clock) -> Callable[..., JiraTracker]:
    def connected(jira: JiraSimulator, **params: Any) -> JiraTracker:
        settings = {"url": jira.url, "token": jira.config.token, "projects": ["SIM"], **params}
        return JiraTracker("jira-a", parse_params(settings), session, clock, clock.pause)

    return connected


@pytest.fixture
async def jira(start_jira: Callable[..., Awaitable[JiraSimulator]]) -> JiraSimulator:
    return await start_jira()


@pytest.fixture
def tracker(jira: JiraSimulator, connect: Callable[..., JiraTracker]) -> JiraTracker:
    return connect(jira)


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def made(marker: str = "marker-1", source_url: str = "", **fields: Any) -> IssueDraft:
        given = {"summary": "A summary", "description": plain("Some text"), **fields}
        return IssueDraft("SIM", "Bug", given, marker, source_url)

    return made
