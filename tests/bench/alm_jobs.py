"""What a job of an ALM connection costs: calls to SD Elements and to the tracker for each task that
is unchanged, changed or new, and the time for a whole project."""

import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tests.contract.alm.rig import Rig, rigged
from tests.contract.alm.trackers import TRACKERS


class Plan(msgspec.Struct, frozen=True):
    tasks: int
    changed: int


class Cost(msgspec.Struct, frozen=True):
    """Of one job. Calls are those beyond what a job without any work makes."""

    what: str
    tasks: int
    sd_elements: float
    """Calls per task."""
    tracker: float
    seconds: float
    cpu_ms: float
    """Per task, both simulators included."""


class Costs(msgspec.Struct, frozen=True):
    system: str
    tasks: int
    idle_calls: int
    """Of a job in which nothing has changed: pages, lists, and one look at the tracker."""
    costs: tuple[Cost, ...]


LONGEST = 900.0
"""Seconds for one job, on a machine that others use as well."""
FULL, QUICK = Plan(2_000, 200), Plan(200, 20)
_PEOPLE = "TS1"


async def measure(plan: Plan, folder: Path) -> tuple[Costs, ...]:
    return tuple([await _of(system, plan, folder / system) for system in TRACKERS])


async def _of(system: str, plan: Plan, folder: Path) -> Costs:
    folder.mkdir()
    if system == "github":
        # It takes about one write a second: more would measure that alone.
        plan = Plan(min(plan.tasks, 18), min(plan.changed, 5))
    async with TRACKERS[system]() as place, rigged(folder, tasks=plan.tasks) as rig:
        rig.patience = LONGEST
        params = place.params | {"sde_min_priority": 1}
        connection = await rig.connect(system, params, place.own)
        new = await _job(rig, connection)
        # Where versions are but seconds, the job after the first looks once more.
        await _job(rig, connection)
        idle = await _job(rig, connection)
        for number in range(1, plan.changed + 1):
            rig.edit(f"T{number}", status=_PEOPLE)
        changed = await _job(rig, connection)
        rows = (("new", plan.tasks, new), ("changed", plan.changed, changed),
                ("unchanged", plan.tasks, idle))  # fmt: skip
        return Costs(system, plan.tasks, sum(idle[:2]), tuple(
            _cost(what, count, spent, idle) for what, count, spent in rows
        ))  # fmt: skip


Spent = tuple[int, int, float, float]
"""Calls to SD Elements and to the tracker, seconds, CPU seconds."""


async def _job(rig: Rig, connection: int) -> Spent:
    before = _calls(rig)
    began, worked = time.monotonic(), time.process_time()
    job = await rig.run_job(connection)
    if not job["succeeded"]:
        raise RuntimeError(job["result_message"])
    after = _calls(rig)
    return (
        after[0] - before[0], after[1] - before[1],
        time.monotonic() - began, time.process_time() - worked,
    )  # fmt: skip


def _calls(rig: Rig) -> tuple[int, int]:
    counted = {"sde": 0, "": 0}
    for metric in rig.node.metrics.tracker_calls.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                name = "sde" if sample.labels["connector"] == "sde" else ""
                counted[name] += int(sample.value)
    return counted["sde"], counted[""]


def _cost(what: str, count: int, spent: Spent, idle: Spent) -> Cost:
    """The pages of a project that is not small cost what they cost, whatever has changed."""
    if what == "unchanged":
        return Cost(what, count, 0.0, 0.0, spent[2], 1000 * spent[3] / count)
    return Cost(
        what, count, (spent[0] - idle[0]) / count, (spent[1] - idle[1]) / count, spent[2],
        1000 * spent[3] / count,
    )  # fmt: skip


def show(found: tuple[Costs, ...], console: Console) -> None:
    table = Table("system", "tasks", "calls per task: SD Elements", "tracker", "seconds",
                  "CPU ms per task", title="Jobs of ALM connections")  # fmt: skip
    for each in found:
        for cost in each.costs:
            table.add_row(
                each.system, f"{cost.tasks} {cost.what}", f"{cost.sd_elements:.2f}",
                f"{cost.tracker:.2f}", f"{cost.seconds:.1f}", f"{cost.cpu_ms:.2f}",
            )  # fmt: skip
        table.add_row("", f"an idle job: {each.idle_calls} calls in all", "", "", "", "")
    console.print(table)
