"""The calendar of jobs, where clocks jump and where the node was off."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from service.workers.alm.frequency import next_run

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("frequency", "after", "due"),
    [
        ("hourly", "2026-03-04T10:20:30", "2026-03-04T11:00:00"),
        ("hourly", "2026-03-04T11:00:00", "2026-03-04T12:00:00"),
        ("daily", "2026-03-04T10:20:30", "2026-03-05T00:00:00"),
        ("daily", "2026-03-05T00:00:00", "2026-03-06T00:00:00"),
        ("weekly", "2026-03-04T10:00:00", "2026-03-09T00:00:00"),
        ("weekly", "2026-03-09T00:00:00", "2026-03-16T00:00:00"),
        ("monthly", "2026-01-31T23:59:59", "2026-02-01T00:00:00"),
        ("monthly", "2026-12-01T00:00:00", "2027-01-01T00:00:00"),
        # Clocks go forward on 29 March and back on 25 October.
        ("daily", "2026-03-29T00:00:00", "2026-03-30T00:00:00"),
        ("daily", "2026-10-25T00:00:00", "2026-10-26T00:00:00"),
        ("weekly", "2026-03-23T00:00:00", "2026-03-30T00:00:00"),
    ],
)
def test_the_next_run(frequency, after: str, due: str) -> None:
    assert next_run(frequency, at(after), BERLIN) == at(due)


def test_nothing_runs_manually_by_itself() -> None:
    assert next_run("manually", 0, BERLIN) is None


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-06-01"])
def test_every_hour_of_a_day_comes_once_whatever_the_clocks_do(day: str) -> None:
    moment, end = at(f"{day}T00:00:00"), next_run("daily", at(f"{day}T00:00:00"), BERLIN)
    runs = [moment]
    while runs[-1] < (end or 0):
        runs.append(next_run("hourly", runs[-1], BERLIN) or 0)
    assert runs[-1] == end
    assert {later - earlier for earlier, later in pairwise(runs)} == {3_600_000}


def test_a_midnight_that_the_clock_skips_is_the_moment_of_the_jump() -> None:
    zone = ZoneInfo("America/Asuncion")
    due = next_run("daily", at("2023-09-30T12:00:00", zone), zone)
    assert due is not None
    assert datetime.fromtimestamp(due / 1000, UTC).isoformat() == "2023-10-01T04:00:00+00:00"
    assert next_run("daily", due, zone) == at("2023-10-02T00:00:00", zone)
