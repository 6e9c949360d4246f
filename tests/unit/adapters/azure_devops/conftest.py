"""A tracker against its simulator over real HTTP, with a clock that the test moves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from adapters.azure_devops import AzureDevOpsTracker, parse_params
from adapters.azure_devops.simulator import AzureDevOpsSimulator, SimulatorConfig
from adapters.port import ByteStream
from schemas.issue import IssueDraft
from schemas.values import Fields
from tests.support.clock import Clock

SPECS = Path(__file__).parents[5] / "shared" / "specs" / "azure-devops"


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[AzureDevOpsSimulator]:
    config = SimulatorConfig(projects=("Tidegate", "Ünïcode & Söhne"), report_page=3)
    async with AzureDevOpsSimulator(config, now=clock) as simulator:
        yield simulator


@pytest.fixture
def make_tracker(
    simulator: AzureDevOpsSimulator, session: aiohttp.ClientSession, clock: Clock
) -> Callable[..., AzureDevOpsTracker]:
    def make(**settings: object) -> AzureDevOpsTracker:
        given = {"url": simulator.url, "token": simulator.config.token, "project": "Tidegate"}
        params = parse_params(given | settings)
        return AzureDevOpsTracker("ado", params, session, clock, clock.pause)

    return make


@pytest.fixture
def tracker(make_tracker: Callable[..., AzureDevOpsTracker]) -> AzureDevOpsTracker:
    return make_tracker()


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    def make(
        marker: str = "m-1", type: str = "Task", project: str = "Tidegate", **fields: object
    ) -> IssueDraft:
        filled: Fields = {"summary": "Login fails", **fields}  # type: ignore[dict-item]
        return IssueDraft(project, type, filled, marker, "https://jira.example/browse/ACME-1")

    return make


@pytest.fixture
def content() -> Callable[..., Callable[[], Awaitable[ByteStream]]]:
    """A file of `blocks` equal blocks, made while it is read."""

    def make(block: bytes, blocks: int = 1) -> Callable[[], Awaitable[ByteStream]]:
        async def stream() -> ByteStream:
            for _ in range(blocks):
                yield block

        async def open_content() -> ByteStream:
            return stream()

        return open_content

    return make


@pytest.fixture(scope="session")
def specs() -> Path:
    if not SPECS.is_dir():
        pytest.skip("the official specification and recorded messages are not beside the project")
    return SPECS
