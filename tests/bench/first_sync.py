"""The first sync of a whole project: Jira's issues, read in pages, are made at Azure DevOps."""

import asyncio
import os
import time
from pathlib import Path

import msgspec
from rich.console import Console

from schemas.events import TwinDue
from service.codec import MarkdownCodec
from service.rules.monty_engine import open_engine
from service.store import twins
from tests.bench.far_tracker import Far, far_away, port_of
from tests.bench.process_tree import cpu_ms, memory
from tests.pairs import stage
from tests.pairs.stage import Stage
from tests.pairs.watch import Watch

FROM, TO = "jira", "azure-devops"


class FirstSync(msgspec.Struct, frozen=True):
    issues: int
    seconds: float
    cpu_ms_per_issue: float
    """Of the node and the workers of its rules; the trackers are other processes."""
    calls_from: dict[str, int]
    calls_to: dict[str, int]
    memory_before_mb: float
    memory_peak_mb: float


async def measure(issues: int, folder: Path) -> FirstSync:
    async with open_engine(MarkdownCodec()) as engine, stage.opened(FROM, TO, folder, engine) as o:
        ports = {await port_of(company.tracker): name for name, company in o.companies.items()}
        async with far_away(ports, {FROM: issues}) as far:
            return await _run(o, far, issues)


async def _run(opened: Stage, far: dict[str, Far], issues: int) -> FirstSync:
    watch = Watch(opened, FROM)
    await watch.begin()
    before = _memory(far)
    done = asyncio.Event()

    async def look() -> float:
        highest = 0.0
        while not done.is_set():
            highest = max(highest, _memory(far))
            await asyncio.sleep(0.5)
        return highest

    looking = asyncio.create_task(look())
    used, began = _cpu(far), time.monotonic()
    await watch.scanner.full_scan()
    made = await _all_made(opened)
    seconds, used = time.monotonic() - began, _cpu(far) - used
    done.set()
    peak = await looking
    if made != issues:
        raise RuntimeError(f"{made} of {issues} issues were made")
    return FirstSync(
        issues=issues,
        seconds=round(seconds, 1),
        cpu_ms_per_issue=round(used / issues, 2),
        calls_from=dict(far[FROM].calls),
        calls_to=dict(far[TO].calls),
        memory_before_mb=before,
        memory_peak_mb=peak,
    )


def _cpu(far: dict[str, Far]) -> float:
    """Of this process and the workers of its rules, without the trackers that it has started."""
    return cpu_ms(os.getpid()) - sum(cpu_ms(each.pid) for each in far.values())


def _memory(far: dict[str, Far]) -> float:
    trackers = sum(memory(each.pid).pss_mb for each in far.values())
    return round(memory(os.getpid()).pss_mb - trackers, 1)


async def _all_made(opened: Stage) -> int:
    """Works off what is due, page after page; answers how many mirrors there are."""
    node = opened.node
    while True:
        opened.pass_(1)
        now = node.now()
        due = await node.store.read(lambda c, now=now: twins.due(c, now))
        if not due:
            break
        await node.worker.handle([TwinDue(key.twin, key.connection) for key in due])
    there = stage.end(TO)
    rows = await node.store.read(lambda c: twins.page(c, connection=there, limit=1_000_000))
    return sum(row.state.issue is not None for row in rows)


def show(found: FirstSync, console: Console) -> None:
    console.print(
        f"{found.issues} issues in {found.seconds} s, {found.issues / found.seconds:.0f}/s; "
        f"{found.cpu_ms_per_issue} ms of CPU each; calls to {FROM} {found.calls_from}, "
        f"to {TO} {found.calls_to}; memory {found.memory_before_mb} MB, "
        f"at most {found.memory_peak_mb} MB"
    )
