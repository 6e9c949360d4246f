"""The private side is away while people edit at the other; then it comes back."""

import asyncio
import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from tests.e2e.companies import eventually
from tests.e2e.rig import Rig, open_rig
from tests.support.ports import free_port
from tests.support.wiretap import Wiretap

Tell = Callable[[str], None]
AT_A_TIME = 16
QUIET = 1.6
"""Seconds without work after which all is done; more than a twin rests."""
COMMENTS = 10
"""One edit in so many is a comment, of which none may be lost; the others change the summary."""


class Plan(msgspec.Struct, frozen=True):
    edits: int
    issues: int
    seed: int = 11
    patience: float = 600.0
    """Seconds for each step."""


class Figures(msgspec.Struct, frozen=True):
    edits: int
    issues: int
    edit_seconds: float
    waiting: int
    """Messages that lay in the outbox for the private side."""
    back_seconds: float
    """From the start of the private node until its tracker showed all."""
    fetched: int
    """Messages that it took from the public one, repeats included."""
    twins: int
    """How many issues these were about."""
    sealed_bytes: int
    received_bytes: int
    """Of all answers, headers included."""
    sent_bytes: int
    requests: int
    lost_comments: int
    doubled_comments: int
    wrong_summaries: int

    @property
    def sound(self) -> bool:
        wrong = self.lost_comments + self.doubled_comments + self.wrong_summaries
        return not wrong and self.fetched <= self.issues and self.waiting <= self.issues


class Written(msgspec.Struct):
    """What people wrote while the other side was away, by the item of Azure DevOps."""

    summaries: dict[str, str] = {}
    """The last of each."""
    comments: dict[str, list[str]] = {}


async def run(plan: Plan, folder: Path, tell: Tell) -> Figures:
    lagoon_port = free_port()
    async with (
        Wiretap(lagoon_port) as wire,
        open_rig(folder, lagoon_port=lagoon_port, public_port=wire.port) as rig,
    ):
        items = await _write_issues(rig, plan, tell)
        tell("The private side goes away.")
        await rig.harbor.stop()
        written = Written()
        began = time.monotonic()
        await _edit(rig, plan, items, written)
        edit_seconds = time.monotonic() - began
        tell(f"{plan.edits:,} edits of {plan.issues} issues in {edit_seconds:.1f} s.")
        waiting = await _settled(rig, plan)
        tell(f"{waiting} messages wait. The private side comes back.")
        wire.clear()
        began = time.monotonic()
        await rig.harbor.start()
        keys = await eventually(
            lambda: _all_shown(rig, written), "all edits", seconds=plan.patience, pause=0.1
        )
        back_seconds = time.monotonic() - began
        # What comes a second time comes soon: the echoes of what was just written.
        await _settled(rig, plan)
        fetched = list(wire.items)
        comments = await _said(rig, keys, written)
        shown = await rig.alice.summaries()
        return Figures(
            edits=plan.edits,
            issues=plan.issues,
            edit_seconds=round(edit_seconds, 1),
            waiting=waiting,
            back_seconds=round(back_seconds, 2),
            fetched=len(fetched),
            twins=len({twin for twin, _ in fetched}),
            sealed_bytes=sum(size for _, size in fetched),
            received_bytes=wire.received,
            sent_bytes=wire.sent,
            requests=wire.requests.total(),
            lost_comments=sum(count == 0 for count in comments.values()),
            doubled_comments=sum(count > 1 for count in comments.values()),
            wrong_summaries=sum(
                shown[keys[item]] != summary for item, summary in written.summaries.items()
            ),
        )


async def _write_issues(rig: Rig, plan: Plan, tell: Tell) -> list[str]:
    items: list[str] = []

    async def write(number: int) -> None:
        items.append(await rig.bob.create(f"Issue {number}", "<p>Seen at the pump.</p>"))

    await _gather(write(number) for number in range(plan.issues))
    await eventually(
        lambda: _count(rig, plan.issues), "all issues", seconds=plan.patience, pause=0.2
    )
    await _settled(rig, plan)
    tell(f"{plan.issues} issues are in step.")
    return items


async def _count(rig: Rig, count: int) -> bool:
    return len(await rig.alice.summaries()) >= count


async def _edit(rig: Rig, plan: Plan, items: list[str], written: Written) -> None:
    """Each issue by one person, in turn, so that its last summary is known."""
    draw = random.Random(plan.seed)
    edits: dict[str, list[int]] = {item: [] for item in items}
    for number in range(plan.edits):
        item = items[number] if number < len(items) else draw.choice(items)
        edits[item].append(number)

    async def work(item: str, numbers: list[int]) -> None:
        for place, number in enumerate(numbers):
            if number % COMMENTS == 0 and place:
                text = f"comment-{number}-end"
                await rig.bob.comment(item, text)
                written.comments.setdefault(item, []).append(text)
            else:
                written.summaries[item] = f"Edit {number} of {item}"
                await rig.bob.rename(item, written.summaries[item])

    await _gather(work(item, numbers) for item, numbers in edits.items())


async def _settled(rig: Rig, plan: Plan) -> int:
    """How many messages wait at the public node, once it has no work left."""

    async def look() -> tuple[int, ...]:
        return await asyncio.to_thread(_state, rig.data("lagoon"))

    last, since = await look(), time.monotonic()
    deadline = since + plan.patience
    while time.monotonic() - since < QUIET:
        assert time.monotonic() < deadline, "The public node does not come to rest."
        await asyncio.sleep(0.2)
        found = await look()
        if found != last or found[0]:
            last, since = found, time.monotonic()
    return last[1]


def _state(data: Path) -> tuple[int, ...]:
    """Twins in work, messages that wait, and the newest number; from a copy of the store."""
    with tempfile.TemporaryDirectory() as copy:
        for file in sorted(data.glob("tidegate.db*")):
            shutil.copy(file, copy)
        with closing(sqlite3.connect(f"{copy}/tidegate.db")) as c:
            busy = "SELECT count(*) FROM twins WHERE lease_owner IS NOT NULL OR due_at IS NOT NULL"
            waits = "SELECT count(*) FROM outbox"
            newest = "SELECT coalesce(sum(newest), 0) FROM outbox_counters"
            return tuple(c.execute(query).fetchone()[0] for query in (busy, waits, newest))


async def _all_shown(rig: Rig, written: Written) -> dict[str, str] | None:
    """Issues of Jira by items of Azure DevOps, when each shows its last summary and comment."""
    shown = {summary: key for key, summary in (await rig.alice.summaries()).items()}
    keys = {item: shown.get(summary) for item, summary in written.summaries.items()}
    found = {item: key for item, key in keys.items() if key is not None}
    if len(found) < len(keys):
        return None
    counts = await _said(rig, found, written)
    return found if all(counts.values()) else None


async def _said(rig: Rig, keys: dict[str, str], written: Written) -> Counter[str]:
    """How often each comment stands in Jira."""
    counts: Counter[str] = Counter()

    async def look(item: str, texts: list[str]) -> None:
        shown = await rig.alice.comments(keys[item])
        for text in texts:
            counts[text] = sum(text in comment for comment in shown)

    await _gather(look(item, texts) for item, texts in written.comments.items())
    return counts


async def _gather(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    free = asyncio.Semaphore(AT_A_TIME)

    async def one(task: Coroutine[Any, Any, None]) -> None:
        async with free:
            await task

    async with asyncio.TaskGroup() as tasks:
        for task in work:
            tasks.create_task(one(task))
