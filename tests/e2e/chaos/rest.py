"""Waits until both nodes have nothing left to do."""

import asyncio
import time
from typing import Any

import msgspec

from tests.e2e.chaos.plan import Plan
from tests.e2e.chaos.stage import Stage, listed, until_ready
from tests.e2e.chaos.trackers import SIDES


class Rest(msgspec.Struct, frozen=True):
    seconds: float
    """Until the last change anywhere."""
    restless: tuple[str, ...] = ()
    """What was still under way when patience ended."""


class _Watch:
    """`moved`: when anything last changed. `busy`: since when each twin is without a break."""

    def __init__(self, began: float) -> None:
        self.moved = began
        self.busy: dict[str, float] = {}
        self._seen: object = None

    def note(self, now: float, state: object, busy: list[str]) -> None:
        if state != self._seen:
            self._seen, self.moved = state, now
        self.busy = {name: self.busy.get(name, now) for name in busy}

    def waiting(self, now: float, quiet: float) -> tuple[str, ...]:
        """A scan keeps a twin busy for a moment; who is so for long waits for something."""
        return tuple(name for name, since in self.busy.items() if now - since > quiet / 2)


async def come_to_rest(plan: Plan, stage: Stage) -> Rest:
    """Rest is proved by waiting: nothing was sent or written for `plan.quiet` seconds, in which
    both nodes have scanned everything once more, and nothing waits for a retry.
    """
    for side in SIDES:
        await until_ready(stage, side)
    began = time.monotonic()
    watch = _Watch(began)
    while True:
        now = time.monotonic()
        watch.note(now, *await _look(stage))
        waiting = watch.waiting(now, plan.quiet)
        if now - watch.moved >= plan.quiet and not waiting:
            return Rest(watch.moved - began)
        if now - began > plan.patience + plan.quiet:
            return Rest(watch.moved - began, waiting or ("Issues keep changing.",))
        await asyncio.sleep(0.25)


async def _look(stage: Stage) -> tuple[object, list[str]]:
    """What both sides hold, and who is busy."""
    state: list[Any] = []
    busy = []
    for side in SIDES:
        stage.nodes[side].check()
        state.append((side, stage.views[side].changes))
        for twin in await listed(stage, side, "/api/v2/twins"):
            state.append((side, twin["id"], twin["version"], twin["included"]))
            if twin["status"] in ("working", "waiting"):
                busy.append(f"{side}: {twin['issue']} {twin['id']} is {twin['status']}")
    return state, busy
