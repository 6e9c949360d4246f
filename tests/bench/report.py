"""The figures beside what is to be reached, as a table and as JSON."""

import os
import platform
import statistics
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.edits import Storm
from tests.bench.figures import NODES, Figures


class Target(msgspec.Struct, frozen=True):
    limit: float
    sense: Literal["at most", "at least"] = "at most"

    def met(self, value: float) -> bool:
        return value <= self.limit if self.sense == "at most" else value >= self.limit


class Row(msgspec.Struct, frozen=True):
    name: str
    unit: str
    target: Target | None = None


CPU, CALLS = Target(3.0), Target(4.0)
IGNORED = Target(0.5)
ROWS = (
    Row("throughput, both ways", "changes/s"),
    Row("CPU per change, private node", "ms", CPU),
    Row("CPU per change, public node", "ms", CPU),
    Row("tracker calls per change", "", CALLS),
    Row("CPU per change, private to public, private node", "ms", CPU),
    Row("CPU per change, private to public, public node", "ms", CPU),
    Row("CPU per change, public to private, private node", "ms", CPU),
    Row("CPU per change, public to private, public node", "ms", CPU),
    Row("CPU per comment, dearer node", "ms", CPU),
    Row("tracker calls per comment", "", CALLS),
    Row("CPU per label, dearer node", "ms", CPU),
    Row("tracker calls per label", "", CALLS),
    Row("CPU per status, dearer node", "ms", CPU),
    Row("tracker calls per status", "", CALLS),
    Row("CPU per change, one at a time, dearer node", "ms", CPU),
    Row("latency to the public side, p50", "ms"),
    Row("latency to the public side, p99", "ms"),
    Row("latency to the private side, p50", "ms"),
    Row("latency to the private side, p99", "ms"),
    Row("private behind public, p50", "ms", Target(50.0)),
    Row("CPU per event of a strange issue, dearer node", "ms", IGNORED),
    Row("CPU per event known already, dearer node", "ms", IGNORED),
    Row("messages for ten quick edits, most", "", Target(2)),
    Row("throughput, trackers of 100 ms", "changes/s", Target(100, "at least")),
    Row("idle memory (PSS), private node", "MB"),
    Row("idle memory (PSS), public node", "MB"),
    Row("idle CPU, busier node", "%"),
    Row("ceiling: broker publish-consume-ack", "messages/s"),
    Row("ceiling: broker, CPU of the client", "ms"),
    Row("ceiling: bare tracker reads", "calls/s"),
    Row("ceiling: tracker read, CPU of the client", "ms"),
)


def values(figures: Figures) -> dict[str, float | None]:
    """In the order of `ROWS`."""
    both, ways = figures.both_ways, figures.one_way
    to_public, to_private = figures.latency["harbor"], figures.latency["lagoon"]
    found: list[float | None] = [
        statistics.median(s.per_second for s in both),
        statistics.median(s.cost.harbor_cpu_ms / s.changes for s in both),
        statistics.median(s.cost.lagoon_cpu_ms / s.changes for s in both),
        statistics.median(_calls(s) for s in both),
    ]
    for node in NODES:
        cost, changes = ways[node].cost, ways[node].changes
        found += [cost.harbor_cpu_ms / changes, cost.lagoon_cpu_ms / changes]
    for kind in ("comment", "label", "status"):
        found += [_dearer(figures.kinds[kind]), _calls(figures.kinds[kind])]
    alone = [
        max(each.cost.harbor_cpu_ms, each.cost.lagoon_cpu_ms) / each.samples
        for each in (to_public, to_private)
    ]
    bare = figures.broker_ceiling
    found += [
        max(alone),
        to_public.p50,
        to_public.p99,
        to_private.p50,
        to_private.p99,
        to_private.p50 - to_public.p50,
        max(figures.ignored[node].strange for node in NODES),
        max(figures.ignored[node].known for node in NODES),
        max(figures.quick_edits.values()),
        figures.slow_trackers.per_second,
        figures.idle["harbor"].memory.pss_mb,
        figures.idle["lagoon"].memory.pss_mb,
        max(figures.idle[node].cpu_percent for node in NODES),
        bare.per_second if bare else None,
        bare.cpu_ms if bare else None,
        figures.tracker_ceiling.per_second,
        figures.tracker_ceiling.cpu_ms,
    ]
    names = (row.name for row in ROWS)
    rounded = (None if value is None else round(value, 3) for value in found)
    return dict(zip(names, rounded, strict=True))


def _calls(storm: Storm) -> float:
    return storm.cost.calls / storm.changes


def _dearer(storm: Storm) -> float:
    return max(storm.cost.harbor_cpu_ms, storm.cost.lagoon_cpu_ms) / storm.changes


def table(found: dict[str, dict[str, float | None]]) -> Table:
    """One column for each way to run."""
    load = os.getloadavg()[2]
    caption = f"{os.cpu_count()} CPUs, load of the last 15 minutes {load:.1f}"
    made = Table(title="Tidegate benchmark", caption=caption)
    made.add_column("figure")
    made.add_column("unit")
    made.add_column("target", justify="right")
    for name in found:
        made.add_column(name, justify="right")
    for row in ROWS:
        target = f"{row.target.sense} {row.target.limit:g}" if row.target else ""
        cells = (_cell(row, each[row.name]) for each in found.values())
        made.add_row(row.name, row.unit, target, *cells)
    return made


def _cell(row: Row, value: float | None) -> str:
    if value is None:
        return "-"
    shown = f"{value:.0f}" if value >= 100 else f"{value:.2f}"
    if row.target is None:
        return shown
    return f"[green]{shown}[/] met" if row.target.met(value) else f"[red]{shown}[/] missed"


def document(figures: dict[str, Figures]) -> dict[str, Any]:
    found = {name: values(each) for name, each in figures.items()}
    return {
        "machine": {
            "cpus": os.cpu_count(),
            "load": os.getloadavg(),
            "python": platform.python_version(),
        },
        "targets": [
            {"figure": row.name, row.target.sense: row.target.limit, "unit": row.unit}
            for row in ROWS
            if row.target
        ],
        "figures": found,
        "missed": {
            name: [
                row.name
                for row in ROWS
                if row.target
                and (value := each[row.name]) is not None
                and not row.target.met(value)
            ]
            for name, each in found.items()
        },
        "detail": figures,
    }


def show(figures: dict[str, Figures], console: Console) -> None:
    console.print(table({name: values(each) for name, each in figures.items()}))
