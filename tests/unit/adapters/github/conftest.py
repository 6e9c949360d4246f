"""A simulated GitHub over real HTTP, with a clock that the test turns."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from adapters.github import GitHubTracker, parse_params
from adapters.github.simulator import GitHubSimulator, SimulatorConfig
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.support.clock import Clock

PROJECT = "sim/project"


@pytest.fixture
async def start_github(clock: Clock) -> AsyncIterator[Callable[..., Awaitable[GitHubSimulator]]]:
    """Starts a simulator with the given settings; it ends with the test."""
    started: list[GitHubSimulator] = []

    async def start(**settings: Any) -> GitHubSimulator:
        github = GitHubSimulator(SimulatorConfig(**settings), now=clock)
        started.append(github)
        await github.start()
        return github

    yield start
    for github in started:
        await github.close()


@pytest.fixture
def connect(session: aiohttp.ClientSession, clock: Clock) -> Callable[..., GitHubTracker]:
    def connected(github: GitHubSimulator, **params: Any) -> GitHubTracker:
        settings = {
            "url": github.url,
            "token": github.config.token,
            "projects": list(github.config.projects),
            "write_rate": 0,
            **params,
        }
        return GitHubTracker("github-a", parse_params(settings), session, clock, clock.pause)

    return connected


@pytest.fixture
async def github(start_github: Callable[..., Awaitable[GitHubSimulator]]) -> GitHubSimulator:
    return await start_github()


@pytest.fixture
def tracker(github: GitHubSimulator, connect: Callable[..., GitHubTracker]) -> GitHubTracker:
    return connect(github)


@pytest.fixture
def project(github: GitHubSimulator) -> Any:
    return github.state.repository(PROJECT)


@pytest.fixture
def by_hand(github: GitHubSimulator, project: Any) -> Callable[..., Any]:
    """What a person writes on GitHub's own pages."""

    def made(title: str = "By hand", who: str = "alice", **body: Any) -> Any:
        return github.state.create(project, {"title": title, **body}, github.state.users[who])

    return made


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def made(marker: str = "marker-1", kind: str = "Bug", **fields: Any) -> IssueDraft:
        given = {"summary": "A summary", "description": plain("Some text"), **fields}
        return IssueDraft(PROJECT, kind, given, marker)

    return made
