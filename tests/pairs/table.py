"""The trips as a table for people, as Markdown and as JSON."""

from typing import Any

from tests.pairs.judge import ITEMS, Level
from tests.pairs.tour import Trip

SIGNS: dict[Level, str] = {"whole": "●", "degraded": "◐", "not at all": "○", "not there": "·"}
LEGEND = "● whole   ◐ degraded   ○ not at all   · the sender's tracker has no such thing"


def text(trips: list[Trip]) -> str:
    """A row for each trip, a column for each item; the columns are named below."""
    wide = max(len(_way(trip)) for trip in trips)
    numbers = [f"{number:2}" for number in range(1, len(ITEMS) + 1)]
    lines = [" " * wide + "  " + " ".join(numbers)]
    for trip in trips:
        signs = " ".join(f" {SIGNS[trip.findings[name].level]}" for name in ITEMS)
        lines.append(f"{_way(trip):{wide}}  {signs}")
    lines += ["", LEGEND, ""]
    lines += [f"{number} {name}" for number, name in zip(numbers, ITEMS, strict=True)]
    return "\n".join([*lines, "", *_reasons(trips), "", *_sum(trips)])


def markdown(trips: list[Trip]) -> str:
    lines = [
        "# What arrives, for every pair of systems",
        "",
        LEGEND,
        "",
        "| from → to | " + " | ".join(ITEMS) + " |",
        "|---|" + "---|" * len(ITEMS),
    ]
    for trip in trips:
        signs = " | ".join(SIGNS[trip.findings[name].level] for name in ITEMS)
        lines.append(f"| {_way(trip)} | {signs} |")
    return "\n".join(
        [*lines, "", "## Why", "", *_reasons(trips, bullet="- "), "", *_sum(trips), ""]
    )


def document(trips: list[Trip]) -> dict[str, Any]:
    return {
        "items": ITEMS,
        "trips": trips,
        "broken": {_way(trip): trip.broken for trip in trips if trip.broken},
        "totals": _totals(trips),
    }


def _reasons(trips: list[Trip], bullet: str = "") -> list[str]:
    """Once for each receiver and item; where senders differ, by sender."""
    lines = []
    for name in ITEMS:
        told: dict[str, list[str]] = {}
        for trip in trips:
            finding = trip.findings[name]
            if finding.why:
                sign = SIGNS[finding.level]
                told.setdefault(f"{trip.receiver}: {sign} {finding.why}", []).append(trip.sender)
        for why, senders in sorted(told.items()):
            receiver, _, rest = why.partition(": ")
            lines.append(f"{bullet}{name}, at {receiver} (from {', '.join(senders)}): {rest}")
    return lines


def _totals(trips: list[Trip]) -> dict[str, int]:
    levels = [finding.level for trip in trips for finding in trip.findings.values()]
    return {level: levels.count(level) for level in SIGNS}


def _sum(trips: list[Trip]) -> list[str]:
    counted = ", ".join(f"{count} {level}" for level, count in _totals(trips).items())
    broken = [f"BROKEN {_way(trip)}: {each}" for trip in trips for each in trip.broken]
    seconds = sum(trip.cpu_seconds for trip in trips)
    told = f"{len(trips)} trips, {seconds:.0f} s of CPU: {counted}; {len(broken)} not told"
    return [*broken, told]


def _way(trip: Trip) -> str:
    return f"{trip.sender} → {trip.receiver}"
