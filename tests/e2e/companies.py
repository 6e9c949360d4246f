"""Two companies on stage: two nodes as processes, their simulated trackers, paired."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import aiohttp

from service.quickstart.options import parse
from service.quickstart.stage import Stage, open_stage, pair
from tests.e2e.people import Alice, Bob

T = TypeVar("T")

CONNECTION = "lagoon-harbor"
RULES = f"/api/v2/connections/{CONNECTION}/rules"


@asynccontextmanager
async def companies(folder: Path, *options: str) -> AsyncIterator[Stage]:
    """As the tour sets them up: Jira behind a firewall, Azure DevOps beside a public node."""
    given = parse(["--once", "--folder", str(folder), *options])
    async with open_stage(given, folder, _silent) as stage:
        await pair(stage, _silent)
        yield stage


@asynccontextmanager
async def people(stage: Stage) -> AsyncIterator[tuple[Alice, Bob]]:
    """Alice works in Jira, Bob in Azure DevOps; both wait as long as a large file takes."""
    patience = aiohttp.ClientTimeout(total=240)
    harbor, lagoon = stage.harbor, stage.lagoon
    bearer = {"Authorization": f"Bearer {harbor.tracker_token}"}
    basic = {
        "Authorization": f"Basic {base64.b64encode(f':{lagoon.tracker_token}'.encode()).decode()}"
    }
    async with (
        aiohttp.ClientSession(headers=bearer, timeout=patience) as jira,
        aiohttp.ClientSession(headers=basic, timeout=patience) as azure,
    ):
        yield (
            Alice(harbor.tracker_url, harbor.project, jira),
            Bob(lagoon.tracker_url + "/simulation", lagoon.project, azure),
        )


async def eventually(
    look: Callable[[], Awaitable[T | None]],
    what: str,
    *,
    stage: Stage | None = None,
    seconds: float = 60,
    pause: float = 0.02,
) -> T:
    """The first answer that is neither None nor False."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = await look()
        if found is not None and found is not False:
            return found
        if stage is not None:
            stage.processes.check()
        await asyncio.sleep(pause)
    raise AssertionError(f"{what}: not within {seconds:g} s")


def _silent(_: str) -> None:
    """The tests tell their own figures."""
