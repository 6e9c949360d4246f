"""A simulated SD Elements over real HTTP, with a clock that the test turns."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from adapters.sd_elements import SdElementsTracker, parse_params
from adapters.sd_elements.simulator import SdElementsSimulator, SimulatorConfig
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.support.clock import Clock


@pytest.fixture
async def start_sde(
    clock: Clock,
) -> AsyncIterator[Callable[..., Awaitable[SdElementsSimulator]]]:
    started: list[SdElementsSimulator] = []

    async def start(**settings: Any) -> SdElementsSimulator:
        sde = SdElementsSimulator(SimulatorConfig(**settings), now=clock)
        started.append(sde)
        await sde.start()
        return sde

    yield start
    for sde in started:
        await sde.close()


@pytest.fixture
def connect(session: aiohttp.ClientSession, clock: Clock) -> Callable[..., SdElementsTracker]:
    def connected(sde: SdElementsSimulator, **params: Any) -> SdElementsTracker:
        settings = {"url": sde.url, "token": sde.config.token, "projects": ["1"], **params}
        return SdElementsTracker("sde", parse_params(settings), session, clock, clock.pause)

    return connected


@pytest.fixture
async def sde(start_sde: Callable[..., Awaitable[SdElementsSimulator]]) -> SdElementsSimulator:
    return await start_sde()


@pytest.fixture
def tracker(
    sde: SdElementsSimulator, connect: Callable[..., SdElementsTracker]
) -> SdElementsTracker:
    return connect(sde)


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def made(marker: str = "abc123", source_url: str = "", **fields: Any) -> IssueDraft:
        given = {"summary": "A summary", "description": plain("Some text"), **fields}
        return IssueDraft("1", "Task", given, marker, source_url)

    return made
