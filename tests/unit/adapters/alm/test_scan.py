"""The scan: whole seconds of another time zone, which is set back in autumn."""

from datetime import UTC, datetime

import pytest

from adapters.alm.simulator import SimulatorConfig, edits
from schemas.errors import Fault
from tests.unit.adapters.alm.support import many_path

DAY = 86_400_000
IN_AUTUMN = int(datetime(2026, 10, 24, 23, 30, tzinfo=UTC).timestamp() * 1000)
"""Half an hour past one in Berlin, an hour and a half before the clock is set back there."""
IN_SPRING = int(datetime(2027, 3, 28, 0, 30, tzinfo=UTC).timestamp() * 1000)


async def told(tracker, cursor: str) -> tuple[list[str], str]:
    issues: list[str] = []
    for _ in range(200):
        page = await tracker.changed_since(cursor, ())
        issues += [change.issue for change in page.changes]
        cursor = page.cursor
        if page.complete:
            return issues, cursor
    raise AssertionError("the scan does not come to an end")


def rename(alm, issue: str) -> None:
    entity = alm.state.entity("defect", int(issue.removeprefix("defect-")))
    edits.update(alm.state, entity, {"name": ["Renamed"]}, "alice")


@pytest.mark.parametrize("zone", ["", "Europe/Berlin"], ids=["by offset", "by zone"])
@pytest.mark.parametrize("start", [IN_AUTUMN, IN_SPRING], ids=["autumn", "spring"])
async def test_no_change_is_lost_when_the_clock_is_set(
    alm, connect, clock, by_hand, zone, start
) -> None:
    """A change every few minutes over four hours, in which the server's clock is set. The server is
    asked for its offset every five minutes, so for so long a change may wait."""
    clock.millis = start
    tracker = connect(time_zone=zone, entities=["defect"])
    old = [by_hand(f"Old {number}") for number in range(3)]
    cursor = (await tracker.changed_since(None, ())).cursor
    waiting: dict[str, int] = {}
    for step in range(60):
        clock.pass_(240)
        waiting[by_hand(f"New {step}")] = step
        if step % 3 == 0:
            rename(alm, old[step % 2])
            waiting[old[step % 2]] = step
        found, cursor = await told(tracker, cursor)
        waiting = {issue: since for issue, since in waiting.items() if issue not in found}
        longest = 0 if zone else 1
        assert all(step - since <= longest for since in waiting.values()), waiting
    for _ in range(3):
        clock.pass_(3600)
        found, cursor = await told(tracker, cursor)
    assert found == []


async def test_an_outage_over_the_change_of_the_clock_loses_nothing(
    alm, connect, clock, by_hand
) -> None:
    clock.millis = IN_AUTUMN
    tracker = connect(entities=["defect"])
    old = by_hand()
    cursor = (await tracker.changed_since(None, ())).cursor
    made = []
    for _ in range(20):
        clock.pass_(600)
        made.append(by_hand())
    rename(alm, old)
    found, cursor = await told(tracker, cursor)
    assert {*made, old} <= set(found)


@pytest.mark.parametrize("ahead", [-DAY, DAY, 90_000])
async def test_our_clock_does_not_matter(alm, connect, clock, by_hand, ahead) -> None:
    tracker = connect(lambda: clock() + ahead, entities=["defect"])
    by_hand("Old")
    clock.pass_(1000)
    cursor = (await tracker.changed_since(None, ())).cursor
    issue = by_hand()
    found, cursor = await told(tracker, cursor)
    assert found == [issue]
    clock.pass_(30)
    rename(alm, issue)
    assert (await told(tracker, cursor))[0] == [issue]


async def test_several_changes_in_one_second_are_all_told(alm, connect, clock, by_hand) -> None:
    tracker = connect(entities=["defect"])
    issue = by_hand()
    cursor = (await tracker.changed_since(None, ())).cursor
    for _ in range(3):
        rename(alm, issue)
        found, cursor = await told(tracker, cursor)
        assert found == [issue]
        found, cursor = await told(tracker, cursor)
        assert found == []


async def test_more_issues_in_one_second_than_fit_a_page(connect, clock, by_hand) -> None:
    tracker = connect(page_size=3, entities=["defect"])
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.pass_(5)
    made = [by_hand() for _ in range(11)]
    found, cursor = await told(tracker, cursor)
    assert sorted(found) == sorted(made)
    clock.pass_(5)
    assert (await told(tracker, cursor))[0] == []


async def test_a_change_that_shows_up_late_is_told(alm, tracker, clock, by_hand) -> None:
    issue = by_hand("In a long transaction")
    late = alm.state.entities.pop(("defect", 1))
    clock.pass_(30)
    by_hand("Before")
    cursor = (await tracker.changed_since(None, ())).cursor
    by_hand("Meanwhile")
    _, cursor = await told(tracker, cursor)
    alm.state.entities["defect", 1] = late
    assert issue in (await told(tracker, cursor))[0]


async def test_each_type_is_asked_once(alm, tracker, draft, clock, by_hand) -> None:
    above = (await tracker.create(draft(type="Requirement"))).ref.id
    clock.pass_(100)
    cursor = (await tracker.changed_since(None, ())).cursor
    await tracker.create(draft("marker-2", type="Requirement", parent=above))
    issue = by_hand()
    alm.calls.clear()
    found, _ = await told(tracker, cursor)
    assert sorted(found) == [issue, "requirement-2"]
    asked = {path: n for path, n in alm.calls.items() if path.startswith("GET /qcbin/rest/dom")}
    assert asked == {f"GET {many_path('defect')}": 1, f"GET {many_path('requirement')}": 1}
    everything = [change.issue async for change in tracker.all_issues(())]
    assert sorted(everything) == [issue, "requirement-1", "requirement-2"]


async def test_a_cursor_that_cannot_be_read_says_what_to_do(tracker, refusal) -> None:
    error = await refusal(tracker.changed_since("{", ()))
    assert error.fault is Fault.CONFIGURATION
    assert "full scan" in error.remedy


async def test_another_project_is_another_connector(tracker, refusal) -> None:
    error = await refusal(tracker.changed_since(None, ("other",)))
    assert error.fault is Fault.CONFIGURATION


@pytest.mark.parametrize("config", [SimulatorConfig(tells_time=False)], ids=["no time"])
async def test_a_server_that_tells_no_time_needs_a_setting(connect, refusal, config) -> None:
    error = await refusal(connect().changed_since(None, ()))
    assert "time_zone" in error.remedy
    assert (await connect(time_zone="Europe/Berlin").changed_since(None, ())).complete


async def test_moments_are_told_in_our_time(alm, connect, clock, by_hand) -> None:
    """With the zone also those of the other half of the year."""
    clock.millis = IN_AUTUMN
    issue = by_hand()
    for tracker in (connect(), connect(time_zone="Europe/Berlin")):
        assert (await tracker.read(issue, frozenset())).updated == IN_AUTUMN
    clock.pass_(90 * 86_400)
    by_zone = connect(time_zone="Europe/Berlin")
    assert (await by_zone.read(issue, frozenset())).updated == IN_AUTUMN
