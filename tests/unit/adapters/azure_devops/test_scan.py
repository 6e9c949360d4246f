import pytest

from schemas.errors import Fault, TrackerError
from schemas.issue import FieldChange, Part

LAG = 5_000


async def drain(tracker, cursor, projects=()):
    changes = []
    for _ in range(20):
        page = await tracker.changed_since(cursor, projects)
        changes += page.changes
        cursor = page.cursor
        if page.complete:
            return changes, cursor
    raise AssertionError("the scan does not come to an end")


async def test_a_new_scan_starts_now_and_asks_nothing(tracker, simulator, draft, clock):
    await tracker.create(draft())
    simulator.calls.clear()
    clock.millis += 60_000
    page = await tracker.changed_since(None, ())
    assert (page.changes, page.complete) == ((), True)
    assert not simulator.calls
    assert (await drain(tracker, page.cursor))[0] == []


async def test_changes_come_once_over_several_pages(tracker, draft, clock):
    cursor = (await tracker.changed_since(None, ())).cursor
    for number in range(8):
        await tracker.create(draft(marker=str(number)))
    changes, cursor = await drain(tracker, cursor)
    assert [one.issue for one in changes] == [str(n) for n in range(1, 9)]
    assert {one.project for one in changes} == {"Tidegate"}
    assert {one.source for one in changes} == {"scan"}
    assert (await drain(tracker, cursor))[0] == []
    issue = await tracker.read("3", frozenset())
    updated = await tracker.update(issue, FieldChange(set={"summary": "new"}))
    changes, cursor = await drain(tracker, cursor)
    told = [(one.issue, one.version, one.parts) for one in changes]
    assert told == [("3", updated.version, (Part.FIELDS,))], "our own write is known by its version"


async def test_what_happened_within_the_lag_before_the_start_is_seen(tracker, draft, clock):
    await tracker.create(draft())
    clock.millis += LAG - 1000
    cursor = (await tracker.changed_since(None, ())).cursor
    changes, _ = await drain(tracker, cursor)
    assert [one.issue for one in changes] == ["1"]


async def test_a_link_is_seen_though_the_revision_stays(tracker, simulator, draft):
    for number in range(2):
        await tracker.create(draft(marker=str(number)))
    first, cursor = await drain(tracker, (await tracker.changed_since(None, ())).cursor)
    assert first
    issue = await tracker.read("1", frozenset())
    linked = await tracker.update(issue, FieldChange(set={"parent": "2"}))
    assert linked.version == issue.version
    changes, cursor = await drain(tracker, cursor)
    assert {one.issue for one in changes} == {"1", "2"}
    assert all(Part.FIELDS in one.parts for one in changes)
    assert (await drain(tracker, cursor))[0] == []


async def test_links_are_seen_without_a_project_too(make_tracker, draft):
    tracker = make_tracker(project="")
    cursor = (await tracker.changed_since(None, ())).cursor
    for number in range(2):
        await tracker.create(draft(marker=str(number)))
    _, cursor = await drain(tracker, cursor)
    issue = await tracker.read("1", frozenset())
    await tracker.update(issue, FieldChange(add={"links": ("relates 2",)}))
    changes, cursor = await drain(tracker, cursor)
    assert {one.issue for one in changes} == {"1", "2"}
    issue = await tracker.read("1", frozenset())
    await tracker.update(issue, FieldChange(remove={"links": ("relates 2",)}))
    changes, cursor = await drain(tracker, cursor)
    assert {one.issue for one in changes} == {"1", "2"}
    assert (await drain(tracker, cursor))[0] == []


async def test_feeds_that_lag_lose_nothing(tracker, simulator, draft, clock):
    simulator.weather.report_lag = 30.0
    cursor = (await tracker.changed_since(None, ())).cursor
    told = []
    for number in range(6):
        await tracker.create(draft(marker=str(number)))
        if number:
            issue = await tracker.read(str(number + 1), frozenset())
            await tracker.update(issue, FieldChange(add={"links": (f"relates {number}",)}))
        clock.millis += 10_000
        changes, cursor = await drain(tracker, cursor)
        told += [one.issue for one in changes]
    assert {"1", "2"} <= set(told) < {"1", "2", "3", "4", "5", "6"}
    clock.millis += 60_000
    changes, cursor = await drain(tracker, cursor)
    told += [one.issue for one in changes]
    assert set(told) == {"1", "2", "3", "4", "5", "6"}
    assert (await drain(tracker, cursor))[0] == []


async def test_deleted_items_are_told_as_deleted(tracker, simulator, draft):
    cursor = (await tracker.changed_since(None, ())).cursor
    await tracker.create(draft())
    simulator.state.delete(simulator.state.item(1))
    changes, _ = await drain(tracker, cursor)
    assert [(one.issue, one.deleted) for one in changes] == [("1", True)]


async def test_each_project_has_its_own_place(tracker, draft):
    both = ("Tidegate", "Ünïcode & Söhne")
    cursor = (await tracker.changed_since(None, both[:1])).cursor
    await tracker.create(draft(marker="a"))
    await tracker.create(draft(marker="b", project=both[1]))
    changes, cursor = await drain(tracker, cursor, both[:1])
    assert [one.issue for one in changes] == ["1"]
    changes, _ = await drain(tracker, cursor, both)
    assert [(one.issue, one.project) for one in changes] == [("2", both[1])]


async def test_full_scan_tells_every_living_item(tracker, simulator, draft, monkeypatch):
    monkeypatch.setattr("adapters.azure_devops.scan._IDS_PER_QUERY", 3)
    for number in range(7):
        await tracker.create(draft(marker=str(number)))
    await tracker.create(draft(marker="x", project="Ünïcode & Söhne"))
    simulator.state.delete(simulator.state.item(2))
    alive = [one.issue async for one in tracker.all_issues(("Tidegate",))]
    assert alive == ["1", "3", "4", "5", "6", "7"]
    assert simulator.calls["POST /_apis/wit/wiql"] == 3
    everywhere = tracker.all_issues(("Tidegate", "Ünïcode & Söhne"))
    assert len([one async for one in everywhere]) == 7


async def test_a_foreign_cursor_is_refused(tracker):
    with pytest.raises(TrackerError) as caught:
        await tracker.changed_since("yesterday", ())
    assert caught.value.fault is Fault.CONFIGURATION
