"""Simulated trackers in processes of their own, as those of a real node are elsewhere.

`python -m tests.bench.far_tracker SYSTEM ISSUES` serves until its input ends; the first line of its
output is its port.
"""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

import aiohttp
import structlog
from yarl import URL

from adapters.port import Tracker
from tests.pairs.systems import SITES


class Far:
    """The calls that went there."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid
        self.calls: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self.calls.total()


async def port_of(tracker: Tracker) -> int:
    """Of the server that the tracker speaks to, as its first call shows."""
    seen: list[int] = []
    original = aiohttp.ClientSession._request

    async def request(session: Any, method: str, url: Any, **given: Any) -> Any:
        seen.append(URL(url).port or 0)
        return await original(session, method, url, **given)

    with mock.patch.object(aiohttp.ClientSession, "_request", request):
        await tracker.check("")
    return seen[0]


@asynccontextmanager
async def far_away(ports: dict[int, str], issues: dict[str, int]) -> AsyncIterator[dict[str, Far]]:
    """Calls to these ports of this process go to far trackers of these systems."""
    far = {system: await _started(system, issues.get(system, 0)) for system in ports.values()}
    places = {near: Far(far[system][0], far[system][1].pid) for near, system in ports.items()}
    original = aiohttp.ClientSession._request

    async def request(session: Any, method: str, url: Any, **given: Any) -> Any:
        place = places.get(URL(url).port or 0)
        if place is None:
            return await original(session, method, url, **given)
        place.calls[method] += 1
        return await original(session, method, URL(url).with_port(place.port), **given)

    try:
        with mock.patch.object(aiohttp.ClientSession, "_request", request):
            yield {system: places[near] for near, system in ports.items()}
    finally:
        for _, process in far.values():
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()


async def _started(system: str, issues: int) -> tuple[int, asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.bench.far_tracker", system, str(issues))
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    return int(await process.stdout.readline()), process


async def serve(system: str, issues: int) -> None:
    async with SITES[system]() as site:
        port = await port_of(site.open())
        for number in range(issues):
            await site.hands.write_issue(f"Issue {number}")
            if number % 100 == 99:
                site.clock.pass_(1)
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
