"""One campaign: people edit, nodes die, and then everything is counted."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from tests.e2e.chaos.book import Book
from tests.e2e.chaos.invariants import Broken, Conflicts, check
from tests.e2e.chaos.plan import Plan
from tests.e2e.chaos.reaper import Reaper
from tests.e2e.chaos.report import Figures, count
from tests.e2e.chaos.rest import come_to_rest
from tests.e2e.chaos.stage import CONNECTION, Stage, listed, open_servers, open_stage
from tests.e2e.chaos.stream import Stream
from tests.e2e.chaos.trackers import SIDES, Side

Tell = Callable[[str], None]


class Result(msgspec.Struct, frozen=True):
    figures: Figures
    broken: list[Broken]
    explanation: str
    """What both nodes have logged about the issues where something broke."""


async def run(plan: Plan, folder: Path, tell: Tell) -> Result:
    tell("Starting " + ("two nodes …" if plan.embedded else "the servers and two nodes …"))
    async with open_servers(plan) as servers, open_stage(plan, servers, folder) as stage:
        book = Book()
        reaper = Reaper(plan, stage)
        tell(f"{plan.edits} edits on {plan.issues} issues, {plan.kills} kills …")
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Stream(plan, stage.people, stage.views, book).run())
            tasks.create_task(reaper.run())
        stream_seconds = time.monotonic() - began
        tell(f"The stream ended after {stream_seconds:.0f} s. Waiting for rest …")
        rest = await come_to_rest(plan, stage)
        tell(f"At rest after {rest.seconds:.1f} s. Counting …")
        conflicts = await _conflicts(stage)
        broken = check(book, stage.views, conflicts, in_flight=4 * plan.latency + 0.2)
        parked = {side: await listed(stage, side, "/api/v2/errors") for side in SIDES}
        figures = Figures(
            setup="embedded + SQLite" if plan.embedded else "RabbitMQ + PostgreSQL",
            seed=plan.seed,
            kills=sum(reaper.kills.values()),
            starts=sum(node.starts for node in stage.nodes.values()),
            broker_restarts=reaper.broker_restarts,
            edits=book.edits,
            issues=len(book.issues),
            comments=len(book.comments),
            attachments=len(book.files),
            stream_seconds=stream_seconds,
            rest_seconds=rest.seconds,
            restless=len(rest.restless),
            conflicts=sum(map(len, conflicts.values())),
            parked=sum(map(len, parked.values())),
            disagreements=count(broken, "disagreement"),
            losses=count(broken, "loss"),
            duplicates=count(broken, "duplicate"),
            orphans=count(broken, "orphan"),
            overwritten=count(broken, "overwritten"),
        )
        explanation = await _explain(stage, broken)
        explanation += "".join(f"\nrestless: {line}" for line in rest.restless)
        for side, errors in parked.items():
            explanation += "".join(f"\nparked at {side}: {error}" for error in errors)
        return Result(figures, broken, explanation)


async def _details(stage: Stage, side: Side) -> list[tuple[str, dict[str, object]]]:
    """Token and detail of each twin."""
    tokens = {held.key: held.token for held in stage.views[side].issues()}
    found = []
    for twin in await listed(stage, side, "/api/v2/twins"):
        path = f"/api/v2/twins/{CONNECTION}/{twin['id']}"
        detail = await stage.admins[side].ask("GET", path)
        found.append((tokens.get(str(twin["issue"]), ""), detail))
    return found


async def _conflicts(stage: Stage) -> Conflicts:
    found: Conflicts = {}
    for side in SIDES:
        for token, detail in await _details(stage, side):
            found.setdefault(token, []).extend(detail["conflicts"])
    return {token: some for token, some in found.items() if some}


async def _explain(stage: Stage, broken: list[Broken]) -> str:
    wanted = {one.issue for one in broken}
    lines: list[str] = []
    for side in SIDES if wanted else ():
        for token, detail in await _details(stage, side):
            if token not in wanted:
                continue
            lines += [f"\n{token} at {side}: {detail['twin']}", f"  error: {detail['error']}"]
            lines += [f"  conflict: {one}" for one in detail["conflicts"]]
            lines += [f"  {one}" for one in reversed(detail["activity"])]
            lines += [f"  showed {one}" for one in stage.views[side].titles.get(token, [])]
    return "\n".join(lines)
