"""A simulated Jira Cloud over real HTTP, with a clock that the test turns."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from adapters.jira.simulator import JiraSimulator
from adapters.jira_cloud import JiraCloudTracker, parse_params
from adapters.jira_cloud.simulator import CloudConfig, JiraCloudSimulator
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.support.clock import Clock


@pytest.fixture
async def start_cloud(clock: Clock) -> AsyncIterator[Callable[..., Awaitable[JiraCloudSimulator]]]:
    """Starts a simulator with the given settings; it ends with the test."""
    started: list[JiraCloudSimulator] = []

    async def start(**settings: Any) -> JiraCloudSimulator:
        cloud = JiraCloudSimulator(CloudConfig(**settings), now=clock)
        started.append(cloud)
        await cloud.start()
        return cloud

    yield start
    for cloud in started:
        await cloud.close()


@pytest.fixture
def connect(session: aiohttp.ClientSession, clock: Clock) -> Callable[..., JiraCloudTracker]:
    def connected(cloud: JiraCloudSimulator, **params: Any) -> JiraCloudTracker:
        config = cloud.cloud_config
        login = {"email": config.email, "token": config.token}
        settings = {"url": cloud.url, **login, "projects": ["SIM"], **params}
        given = {key: value for key, value in settings.items() if value is not None}
        return JiraCloudTracker("cloud-a", parse_params(given), session, clock, clock.pause)

    return connected


@pytest.fixture
async def cloud(start_cloud: Callable[..., Awaitable[JiraCloudSimulator]]) -> JiraCloudSimulator:
    return await start_cloud()


@pytest.fixture
def tracker(
    cloud: JiraCloudSimulator, connect: Callable[..., JiraCloudTracker]
) -> JiraCloudTracker:
    return connect(cloud)


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def made(marker: str = "marker-1", source_url: str = "", **fields: Any) -> IssueDraft:
        given = {"summary": "A summary", "description": plain("Some text"), **fields}
        return IssueDraft("SIM", "Bug", given, marker, source_url)

    return made


@pytest.fixture
async def start_jira(clock: Clock) -> AsyncIterator[Callable[[], Awaitable[JiraSimulator]]]:
    """A Data Center, which is no Cloud."""
    started: list[JiraSimulator] = []

    async def start() -> JiraSimulator:
        jira = JiraSimulator(now=clock)
        started.append(jira)
        await jira.start()
        return jira

    yield start
    for jira in started:
        await jira.close()
