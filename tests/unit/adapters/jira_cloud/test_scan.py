"""What changed is found by a search that is late, comes in pages with tokens, and forgets them."""

import pytest

from schemas.errors import Fault


async def told_from(tracker, cursor: str) -> tuple[list[str], str]:
    told: list[str] = []
    for _ in range(100):
        page = await tracker.changed_since(cursor, ())
        told += [change.issue for change in page.changes]
        cursor = page.cursor
        if page.complete:
            return told, cursor
    raise AssertionError("the scan does not come to an end")


def written(cloud, summary: str = "x") -> str:
    fields = {"project": {"key": "SIM"}, "issuetype": {"name": "Bug"}, "summary": summary}
    return cloud.state.create({"fields": fields}, cloud.state.person("alice")).id


async def test_changes_that_the_index_learns_of_late_are_told(start_cloud, connect, clock) -> None:
    cloud = await start_cloud(index_lag=20)
    tracker = connect(cloud)
    cursor = (await tracker.changed_since(None, ())).cursor
    made, told = [], []
    for step in range(40):
        made.append(written(cloud))
        clock.millis += 7000
        if step % 3 == 0:
            news, cursor = await told_from(tracker, cursor)
            told += news
    clock.millis += 60_000
    news, cursor = await told_from(tracker, cursor)
    assert sorted(set(told + news)) == sorted(made)
    assert len(told + news) == len(made)
    assert await told_from(tracker, cursor) == ([], cursor)


async def test_more_changes_within_a_second_than_fit_a_page(cloud, connect, clock) -> None:
    tracker = connect(cloud, page_size=2)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 20_000
    made = [written(cloud) for _ in range(9)]
    clock.millis += 60_000
    told, _ = await told_from(tracker, cursor)
    assert sorted(told) == sorted(made)


async def test_changes_during_a_scan_are_told_in_the_next_one(cloud, connect, clock) -> None:
    tracker = connect(cloud, page_size=2)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 20_000
    made = []
    for _ in range(8):
        made.append(written(cloud))
        clock.millis += 1000
    clock.millis += 60_000
    page = await tracker.changed_since(cursor, ())
    alice, first = cloud.state.person("alice"), cloud.state.issue(made[0])
    cloud.state.edit(first, {"fields": {"summary": "Anew"}}, alice)
    told, cursor = await told_from(tracker, page.cursor)
    assert set(made) <= {*(change.issue for change in page.changes), *told}
    clock.millis += 60_000
    assert (await told_from(tracker, cursor))[0] == [made[0]]


@pytest.mark.parametrize("days", [0, 8])
async def test_a_search_goes_on_after_a_pause(cloud, connect, clock, days) -> None:
    """As the same search, whatever the time; from its start when its token ran out."""
    tracker = connect(cloud, page_size=1)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 20_000
    made = [written(cloud) for _ in range(5)]
    clock.millis += 60_000
    told: list[str] = []
    for _ in range(4):
        page = await tracker.changed_since(cursor, ())
        told += [change.issue for change in page.changes]
        cursor = page.cursor
    assert len(told) == 3
    clock.millis += days * 86_400_000 + 5000
    rest, _ = await told_from(tracker, cursor)
    assert sorted(told + rest) == sorted(made)


async def test_the_search_is_always_bounded(cloud, connect, clock) -> None:
    made = written(cloud)
    clock.millis += 60_000
    tracker = connect(cloud, projects=[])
    assert [change.issue async for change in tracker.all_issues(())] == [made]


async def test_only_the_id_and_the_date_are_asked_for(cloud, connect, clock) -> None:
    tracker = connect(cloud)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 20_000
    written(cloud)
    clock.millis += 60_000
    cloud.calls.clear()
    page = await tracker.changed_since(cursor, ())
    assert [change.project for change in page.changes] == ["SIM"]
    assert page.changes[0].version == cloud.state.issue("SIM-1").updated
    assert dict(cloud.calls) == {"POST /rest/api/3/search/jql": 1}


async def test_a_position_of_nobody_is_refused(tracker, refusal) -> None:
    error = await refusal(tracker.changed_since("{}", ()))
    assert error.fault is Fault.CONFIGURATION


@pytest.mark.parametrize("lag", [0, 3600])
@pytest.mark.parametrize("others", [0, 130])
async def test_a_marker_is_found_while_the_index_is_late(
    start_cloud, connect, draft, clock, lag, others
) -> None:
    """After a restart nobody remembers the issue's id, and search does not know it yet."""
    cloud = await start_cloud(index_lag=lag)
    written(cloud)
    clock.millis += 2 * lag * 1000
    since = clock()
    made = await connect(cloud).create(draft())
    for _ in range(others):
        written(cloud)
    found = await connect(cloud).find_by_marker("marker-1", "SIM", since)
    assert found == made.ref
    assert await connect(cloud).find_by_marker("no-such", "SIM", since) is None


async def test_a_marker_in_an_empty_project_is_of_nobody(cloud, tracker, clock) -> None:
    assert await tracker.find_by_marker("marker-1", "SIM", clock()) is None


async def test_what_was_just_made_is_found_by_one_call(start_cloud, connect, draft, clock) -> None:
    """The search is asked to look anew at the issues that this daemon made."""
    cloud = await start_cloud(index_lag=3600)
    tracker = connect(cloud)
    made = await tracker.create(draft())
    cloud.calls.clear()
    assert await tracker.find_by_marker("marker-1", "SIM", clock()) == made.ref
    assert sum(cloud.calls.values()) == 1
