"""What changed is found page by page, without a date to ask by."""

import pytest

from adapters.port import WebhookRequest
from schemas.errors import Fault, InputError, TrackerError


async def all_changes(tracker, cursor):
    found = []
    complete = False
    while not complete:
        page = await tracker.changed_since(cursor, ())
        found += [change.issue for change in page.changes]
        cursor, complete = page.cursor, page.complete
    return found, cursor


async def begun(tracker, clock):
    """A cursor behind everything that happened so far."""
    page = await tracker.changed_since(None, ())
    clock.millis += 3_600_000
    _, cursor = await all_changes(tracker, page.cursor)
    _, cursor = await all_changes(tracker, cursor)
    return cursor


async def test_a_changed_task_is_told_once(sde, tracker, clock) -> None:
    cursor = await begun(tracker, clock)
    sde.state.change(sde.state.tasks["1-T2"], {"tags": ["new"]}, sde.state.me)
    found, cursor = await all_changes(tracker, cursor)
    assert found == ["1-T2"]
    found, cursor = await all_changes(tracker, cursor)
    assert found == []


async def test_a_note_is_told_though_it_bumps_no_date(sde, tracker, clock) -> None:
    cursor = await begun(tracker, clock)
    note = sde.state.add_note(sde.state.tasks["1-T3"], {"text": "hi"}, sde.state.users["bob"])
    found, cursor = await all_changes(tracker, cursor)
    assert found == ["1-T3"]
    sde.state.delete_note(sde.state.tasks["1-T3"], note)
    found, cursor = await all_changes(tracker, cursor)
    assert found == ["1-T3"]
    assert (await all_changes(tracker, cursor))[0] == []


async def test_pages_that_shift_while_they_are_read_hide_nothing(start_sde, connect, clock) -> None:
    sde = await start_sde(library_tasks=10)
    tracker = connect(sde, page_size=2)
    cursor = await begun(tracker, clock)
    page = await tracker.changed_since(cursor, ())
    # What lies on the second page moves to the first, which has been read.
    sde.state.change(sde.state.tasks["1-T3"], {"tags": ["x"]}, sde.state.me)
    sde.state.remove(sde.state.tasks["1-T1"])
    clock.millis += 600_000
    sde.state.change(sde.state.tasks["1-T9"], {"tags": ["x"]}, sde.state.me)
    first, cursor = await all_changes(tracker, page.cursor)
    second, cursor = await all_changes(tracker, cursor)
    assert "1-T9" in first
    assert "1-T3" in first + second
    assert (await all_changes(tracker, cursor))[0] == []


async def test_every_task_costs_its_place_in_a_page_and_no_more(start_sde, connect, clock) -> None:
    sde = await start_sde(library_tasks=50, projects={"1": "One", "2": "Two"})
    tracker = connect(sde, page_size=25, projects=[])
    cursor = await begun(tracker, clock)
    sde.faults.calls.clear()
    assert (await all_changes(tracker, cursor))[0] == []
    lists = sde.calls["GET /api/v2/projects/{project}/tasks/"]
    assert lists == 4
    assert sum(sde.calls.values()) - lists == sde.calls["GET /api/v2/projects/"]


async def test_a_full_scan_tells_every_task(start_sde, connect) -> None:
    sde = await start_sde(library_tasks=30, projects={"1": "One", "2": "Two"})
    tracker = connect(sde, page_size=7)
    found = [event.issue async for event in tracker.all_issues(("1", "2"))]
    assert sorted(found) == sorted(sde.state.tasks)


async def test_a_broken_position_is_told_with_the_next_step(tracker) -> None:
    with pytest.raises(TrackerError) as caught:
        await tracker.changed_since("{", ())
    assert caught.value.fault is Fault.CONFIGURATION
    assert caught.value.remedy


def test_there_are_no_webhooks(tracker) -> None:
    with pytest.raises(InputError) as caught:
        tracker.parse_webhook(WebhookRequest({}, "", b"{}"))
    assert caught.value.status == 401
