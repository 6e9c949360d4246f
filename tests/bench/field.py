"""The field on which everything is measured: two nodes, two trackers, and issues in step."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from service.quickstart.admin import Admin
from service.quickstart.options import parse
from service.quickstart.stage import Stage, open_stage, pair
from tests.bench.engines import Engine
from tests.bench.people import Alice, Bob, Worker, alice, bob
from tests.bench.process_tree import cpu_ms

PATIENCE = 180.0
QUIET = 1.5
"""Seconds without a tracker call after which all work is done; more than a twin rests."""

Node = Literal["harbor", "lagoon"]


class Pair(msgspec.Struct, frozen=True):
    jira: str
    azure: str


class NotQuiet(Exception):
    """The nodes do not come to rest."""


class Cost(msgspec.Struct, frozen=True):
    harbor_cpu_ms: float
    lagoon_cpu_ms: float
    calls: int
    """What the nodes asked of both trackers."""
    by_call: dict[str, int]
    """The same by method and path, with what people asked."""


class Meter:
    """`async with` it around work; `cost` then tells what the nodes did meanwhile."""

    cost: Cost

    def __init__(self, field: "Field") -> None:
        self._field = field

    async def __aenter__(self) -> "Meter":
        self._before = await self._field.reading()
        return self

    async def __aexit__(self, *_: object) -> None:
        old, new = self._before, await self._field.reading()
        by_call = new.calls - old.calls
        self.cost = Cost(
            new.harbor_cpu_ms - old.harbor_cpu_ms,
            new.lagoon_cpu_ms - old.lagoon_cpu_ms,
            by_call.total() - (new.people - old.people),
            dict(by_call),
        )


class _Reading(msgspec.Struct, frozen=True):
    harbor_cpu_ms: float
    lagoon_cpu_ms: float
    calls: Counter[str]
    people: int


class Field:
    def __init__(self, stage: Stage, jira: Alice, azure: Bob) -> None:
        self.stage = stage
        self.alice = jira
        self.bob = azure
        self.pairs: list[Pair] = []
        self._pids: dict[Node, int] = {
            "harbor": stage.processes.pid("harbor"),
            "lagoon": stage.processes.pid("lagoon"),
        }

    def pid(self, node: Node) -> int:
        return self._pids[node]

    def admin(self, node: Node) -> Admin:
        return self.stage.harbor_admin if node == "harbor" else self.stage.lagoon_admin

    def workplace(self, pair: Pair, node: Node) -> tuple[Worker, str]:
        return (self.alice, pair.jira) if node == "harbor" else (self.bob, pair.azure)

    async def reading(self) -> _Reading:
        calls = Counter({f"jira {name}": n for name, n in (await self.alice.calls()).items()})
        calls.update({f"azure {name}": n for name, n in (await self.bob.calls()).items()})
        people = self.alice.asked + self.bob.asked
        return _Reading(cpu_ms(self.pid("harbor")), cpu_ms(self.pid("lagoon")), calls, people)

    async def quiet(self, seconds: float = QUIET) -> None:
        """Returns when neither tracker was asked anything for a while."""
        last, since = None, time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while time.monotonic() - since < seconds:
                self.stage.processes.check()
                calls = (await self.alice.calls(), await self.bob.calls())
                if calls != last:
                    last, since = calls, time.monotonic()
                await asyncio.sleep(0.1)

    async def twins(self, node: Node) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for number in range(1, 1000):
            path = f"/api/v2/twins?page={number}&page_size=500"
            page = await self.admin(node).ask("GET", path)
            found += page["results"]
            if not page["next"]:
                break
        return found

    async def prepare(self, count: int) -> None:
        """Half of the issues are written in each tracker."""

        async def write(number: int) -> None:
            person: Worker = self.alice if number % 2 else self.bob
            text = "Seen at the pump." if number % 2 else "<p>Seen at the pump.</p>"
            await person.create(f"Issue {number}", text)

        await gather(write(number) for number in range(count))
        async with asyncio.timeout(PATIENCE):
            while True:
                self.stage.processes.check()
                twins = await self.twins("harbor")
                done = [t for t in twins if t["issue"] and t["remote_issue"]]
                if len(done) == count:
                    break
                await asyncio.sleep(0.3)
        self.pairs = [Pair(t["issue"], t["remote_issue"]) for t in done]
        await self.quiet()


async def gather(work: Iterable[Awaitable[None]], concurrency: int = 16) -> None:
    slots = asyncio.Semaphore(concurrency)

    async def one(each: Awaitable[None]) -> None:
        async with slots:
            await each

    async with asyncio.TaskGroup() as tasks:
        for each in work:
            tasks.create_task(one(each))


@asynccontextmanager
async def open_field(
    engine: Engine, folder: Path, issues: int, tell: Callable[[str], None]
) -> AsyncIterator[Field]:
    options = parse(["--once", "--folder", str(folder), *engine.arguments])
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage(options, folder, tell))
        await pair(stage, tell)
        jira, azure = alice(stage), bob(stage)
        stack.push_async_callback(jira.close)
        stack.push_async_callback(azure.close)
        field = Field(stage, jira, azure)
        tell(f"Writing {issues} issues …")
        await field.prepare(issues)
        yield field
