"""A simulated ALM over real HTTP, with a clock that the test turns."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from adapters.alm import AlmTracker, parse_params
from adapters.alm.simulator import AlmSimulator, SimulatorConfig, edits
from schemas.issue import IssueDraft
from schemas.rich_text import plain
from tests.support.clock import Clock


@pytest.fixture
def config() -> SimulatorConfig:
    return SimulatorConfig()


@pytest.fixture
async def alm(config: SimulatorConfig, clock: Clock) -> AsyncIterator[AlmSimulator]:
    async with AlmSimulator(config, now=clock) as simulator:
        yield simulator


@pytest.fixture
def connect(
    alm: AlmSimulator, session: aiohttp.ClientSession, clock: Clock
) -> Callable[..., AlmTracker]:
    def connected(now: Callable[[], int] = clock, **params: Any) -> AlmTracker:
        key = {"client_id": alm.config.client_id, "secret": alm.config.secret}
        settings = {
            "url": alm.address,
            "project": "sim",
            "marker_field": "user-07",
            "entities": ["defect", "requirement"],
            "defaults": {"severity": "2-Medium"},
            **({} if "user" in params else key),
            **params,
        }
        return AlmTracker("alm-a", parse_params(settings), session, now, clock.pause)

    return connected


@pytest.fixture
def tracker(connect: Callable[..., AlmTracker]) -> AlmTracker:
    return connect()


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def made(marker: str = "marker-1", type: str = "Defect", **fields: Any) -> IssueDraft:
        given = {"summary": "A summary", "description": plain("Some text"), **fields}
        return IssueDraft("sim", type, given, marker)

    return made


@pytest.fixture
def by_hand(alm: AlmSimulator) -> Callable[..., str]:
    """A defect that Alice writes."""

    def made(summary: str = "New") -> str:
        day = alm.state.local(alm.state.now())[:10]
        given = {
            "name": [summary],
            "severity": ["1-Low"],
            "detected-by": ["alice"],
            "creation-time": [day],
        }
        return f"defect-{edits.create(alm.state, 'defect', given, 'alice').id}"

    return made
