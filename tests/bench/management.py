"""The management API with 10,000 connections, beside a bare aiohttp handler in the same process."""

import asyncio
import contextlib
import multiprocessing
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web
from rich.console import Console
from rich.table import Table

from schemas.disclosure_api import Disclosure
from schemas.node import Activity, Connection, ConnectionSettings
from service.log import Redactor, configure_logging
from service.store import activity, connections, disclosures
from service.workers.roster import touch
from tests.bench.process_tree import cpu_ms
from tests.contract.api.house import ADMIN, House, header, opened
from tests.support.ports import free_port

START_SECONDS = 300.0
PART = 10_000
"""Rows of one transaction."""


class Plan(msgspec.Struct, frozen=True):
    connections: int
    rows: int
    """Of the activity log, and of the ledger of one connection."""
    requests: int
    at_once: int


FULL = Plan(connections=10_000, rows=100_000, requests=4_000, at_once=8)
QUICK = Plan(connections=10_000, rows=20_000, requests=800, at_once=8)


class Asked(msgspec.Struct, frozen=True):
    p50_ms: float
    p99_ms: float
    per_second: float
    cpu_ms: float
    """Of the node, for each request."""
    bytes: int
    """Of an answer."""


class Management(msgspec.Struct, frozen=True):
    plan: Plan
    figures: dict[str, Asked]


async def measure(plan: Plan, folder: Path) -> Management:
    async with _served(plan, folder) as (pid, api, bare), aiohttp.ClientSession() as session:
        places = {
            "bare aiohttp handler": bare,
            "get one connection": f"{api}/connections/bench-05000",
            "get it by its ETag": f"{api}/connections/bench-05000",
            "list, first 50": f"{api}/connections?page_size=50",
            "list, last 50": f"{api}/connections?page_size=50&page={plan.connections // 50}",
            "list, 500 at once": f"{api}/connections?page_size=500",
            "list, searched": f"{api}/connections?search=05000",
        }
        for name in ("activity", "connections/bench-00000/disclosures"):
            first = f"{api}/{name}?page_size=50"
            far = plan.rows // 50 - 10
            short = name.rpartition("/")[2]
            places[f"{short}, first 50"] = first
            places[f"{short}, the next 50"] = await _next(session, first)
            places[f"{short}, 50 far back, by number"] = f"{first}&page={far}"
            places[f"{short}, 50 far back, by cursor"] = await _next(
                session, f"{first}&page={far - 1}"
            )
        edition = await _edition(session, places["get one connection"])
        figures = {}
        for name, url in places.items():
            more = {"If-None-Match": edition} if "ETag" in name else {}
            count = plan.requests // (8 if "500" in name else 20 if "50 " in name else 1)
            figures[name] = await _asked(session, url, more, pid, count, plan.at_once)
        return Management(plan, figures)


async def _edition(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url, headers=header(ADMIN)) as answer:
        return answer.headers["ETag"]


async def _next(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url, headers=header(ADMIN)) as answer:
        address: str = (await answer.json())["next"]
        return address


async def _asked(
    session: aiohttp.ClientSession,
    url: str,
    more: dict[str, str],
    pid: int,
    count: int,
    at_once: int,
) -> Asked:
    headers = header(ADMIN) | more
    took: list[float] = []
    size = 0

    async def ask() -> None:
        nonlocal size
        began = time.perf_counter()
        async with session.get(url, headers=headers) as answer:
            size = len(await answer.read())
            assert answer.status in (200, 304), answer.status
        took.append((time.perf_counter() - began) * 1000)

    await _all(ask, at_once * 5, at_once)
    took.clear()
    cpu, began = cpu_ms(pid), time.perf_counter()
    await _all(ask, count, at_once)
    seconds = time.perf_counter() - began
    return Asked(
        p50_ms=round(statistics.median(took), 2),
        p99_ms=round(statistics.quantiles(took, n=100)[98], 2),
        per_second=round(count / seconds, 1),
        cpu_ms=round((cpu_ms(pid) - cpu) / count, 3),
        bytes=size,
    )


async def _all(ask: Callable[[], Awaitable[None]], count: int, at_once: int) -> None:
    async def some(number: int) -> None:
        for _ in range(number):
            await ask()

    await asyncio.gather(*(some(count // at_once) for _ in range(at_once)))


@asynccontextmanager
async def _served(plan: Plan, folder: Path) -> AsyncIterator[tuple[int, str, str]]:
    """The process, the address of the API and that of the bare handler."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, plan.connections, plan.rows, str(folder)))
    process.start()
    try:
        ready = await asyncio.to_thread(here.poll, START_SECONDS)
        assert ready, "The node did not start."
        api, bare = here.recv()
        assert process.pid is not None
        yield process.pid, api, bare
    finally:
        with contextlib.suppress(BrokenPipeError):
            here.send("stop")
        await asyncio.to_thread(process.join, 30)
        process.kill()


def _serve(pipe: Pipe, count: int, rows: int, folder: str) -> None:
    configure_logging("console", "error", redactor=Redactor(), stream=sys.stderr)
    with opened(Path(folder)) as house:
        house.run(_fill(house, count))
        for first in range(0, rows, PART):
            house.run(_lengthen(house, first))
        bare = house.run(_bare())
        pipe.send((house.api, bare))
        pipe.recv()


async def _fill(house: House, count: int) -> None:
    record = house.node.roster.connector_named("left")
    assert record is not None

    def work(c: object) -> None:
        for number in range(count):
            connections.add(c, _connection(number, record.record.id))
        touch(c)

    await house.node.store.write(work)
    await house.node.roster.reload()


async def _lengthen(house: House, first: int) -> None:
    """The activity log and the ledger, by one part."""
    now = int(time.time() * 1000)

    def work(c: object) -> None:
        for number in range(first, first + PART):
            twin = f"t{number % 900}"
            left = Disclosure(now, twin, number, "summary", "ab" * 32, connection="bench0")
            disclosures.add(c, [left])
            activity.append(c, Activity(now, "twin.written", "bench0", twin))

    await house.node.store.write(work)


def _connection(number: int, connector: str) -> Connection:
    return Connection(
        id=f"bench{number}",
        shared=f"shared{number}",
        name=f"bench-{number:05}",
        type="private",
        mode="script",
        status="paused",
        local_side="acme",
        remote_side="globex",
        connector=connector,
        peer="",
        counterpart="",
        settings=ConnectionSettings(project="LEFT"),
        created=1,
        changed=1,
        description="One of many",
    )


async def _bare() -> str:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(body=b'{"bare":true}', content_type="application/json")

    app = web.Application()
    app.router.add_get("/bare", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return f"http://127.0.0.1:{port}/bare"


def show(found: Management, console: Console) -> None:
    plan = found.plan
    title = (
        f"The management API, {plan.connections:,} connections, {plan.rows:,} rows of long lists,"
        f" {plan.at_once} requests at once"
    )
    table = Table(title=title)
    for column in ("request", "p50 ms", "p99 ms", "per second", "CPU ms", "bytes"):
        table.add_column(column, justify="left" if column == "request" else "right")
    for name, each in found.figures.items():
        table.add_row(
            name,
            f"{each.p50_ms:.2f}",
            f"{each.p99_ms:.2f}",
            f"{each.per_second:,.0f}",
            f"{each.cpu_ms:.2f}",
            f"{each.bytes:,}",
        )
    console.print(table)
