"""Connects pairs in bulk, kills the node in the middle, has it go on, and counts what came."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from service.store import tasks, twins
from service.store.store import open_store
from service.store.twin_records import TwinKey, TwinRow
from tests.e2e.bulk.child import VAULT, remote_of

_LONGEST_SILENCE = 10.0
"""Seconds, on a machine that others use as well."""


class Plan(msgspec.Struct, frozen=True):
    pairs: int
    kills: int


class Figures(msgspec.Struct, frozen=True):
    pairs: int
    kills: int
    killed_at: tuple[int, ...]
    """How many rows were told as done when the node was killed."""
    kept: tuple[int, ...]
    """Of these, rows that its store had."""
    seconds: float
    asked: int
    """How often the last life asked the tracker: what was done is not done again."""
    progress_told: int
    longest_silence: float
    """Seconds between two words of progress."""
    twins: int
    doubled: int
    missing: int
    rows: int
    failed: int

    @property
    def sound(self) -> bool:
        complete = self.twins == self.rows == self.pairs
        fresh = self.pairs - (self.kept[-1] if self.kept else 0)
        silent = self.longest_silence > _LONGEST_SILENCE
        wrong = self.doubled or self.missing or self.failed or silent
        return complete and not wrong and self.asked == fresh


class _Watch:
    """Reads what one life tells, and when."""

    def __init__(self) -> None:
        self.told = 0
        self.silence = 0.0
        self.asked = 0

    def follow(self, child: "subprocess.Popen[str]", until: int | None) -> int:
        """How far it was when it ended, or was killed for being beyond `until`."""
        assert child.stdout is not None
        done, last = 0, 0.0
        for line in child.stdout:
            word, *numbers = line.split()
            if word == "asked":
                self.asked = int(numbers[0])
            if word != "progress":
                continue
            now = time.monotonic()
            self.silence = max(self.silence, now - last if last else 0.0)
            last, done = now, int(numbers[0])
            self.told += 1
            if until is not None and done >= until:
                child.kill()
                break
        child.wait()
        return done


def run(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Figures:
    watch, began = _Watch(), time.monotonic()
    killed, kept = [], []
    for number in range(1, plan.kills + 1):
        at = watch.follow(_life(plan, folder), plan.pairs * number // (plan.kills + 1))
        killed.append(at)
        kept.append(asyncio.run(_settled(folder)))
        tell(f"killed when {at} of {plan.pairs} were done; the store has {kept[-1]}")
    done = watch.follow(_life(plan, folder), None)
    tell(f"the last life ended with {done} of {plan.pairs}")
    found, rows, failed = asyncio.run(_outcome(folder))
    local = [row.state.issue.id for row in found if row.state.issue]
    remote = {row.state.remote_issue for row in found}
    wanted = {remote_of(n) for n in range(1, plan.pairs + 1)}
    return Figures(
        pairs=plan.pairs,
        kills=len(killed),
        killed_at=tuple(killed),
        kept=tuple(kept),
        seconds=time.monotonic() - began,
        asked=watch.asked,
        progress_told=watch.told,
        longest_silence=watch.silence,
        twins=len(found),
        doubled=len(local) - len(set(local)) + len(found) - len(remote),
        missing=len(wanted - remote),
        rows=rows,
        failed=failed,
    )


def _life(plan: Plan, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.e2e.bulk.child", str(folder), str(plan.pairs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def _settled(folder: Path) -> int:
    async with open_store(f"sqlite:///{folder}/node.sqlite", vault=VAULT) as store:
        (task,) = await store.read(lambda c: tasks.page(c, "", offset=0, limit=2))
        return len(await store.read(lambda c: tasks.settled(c, task.id)))


async def _outcome(folder: Path) -> tuple[list[TwinRow], int, int]:
    found: list[TwinRow] = []
    async with open_store(f"sqlite:///{folder}/node.sqlite", vault=VAULT) as store:
        after: TwinKey | None = None
        while page := await store.read(lambda c, at=after: twins.page(c, after=at, limit=1000)):  # type: ignore[misc]
            found += page
            after = TwinKey(page[-1].connection, page[-1].twin)
        (task,) = await store.read(lambda c: tasks.page(c, "", offset=0, limit=2))
        rows = await store.read(lambda c: tasks.count_rows(c, task.id))
        failed = await store.read(lambda c: tasks.count_rows(c, task.id, "failed"))
    return found, rows, failed
