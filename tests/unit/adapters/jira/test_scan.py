import pytest

from schemas.errors import Fault


def touch(jira, issue) -> None:
    held = jira.state.issue(issue.ref.id)
    body = {"fields": {"summary": f"{held.summary}!"[-200:]}}
    jira.state.edit(held, body, jira.state.users["bob"])


async def rounds(tracker, cursor, projects=()):
    """All changes until the scan says that it is through."""
    found = []
    for _ in range(200):
        page = await tracker.changed_since(cursor, projects)
        found += page.changes
        cursor = page.cursor
        if page.complete:
            return found, cursor
    raise AssertionError("the scan never ends")


async def test_the_first_call_starts_at_now(jira, tracker, draft, clock) -> None:
    await tracker.create(draft())
    clock.millis += 3_600_000
    page = await tracker.changed_since(None, ())
    assert (page.changes, page.complete) == ((), True)
    assert await rounds(tracker, page.cursor) == ([], page.cursor)


async def test_a_change_is_told_once_and_not_before_the_lag(tracker, jira, draft, clock) -> None:
    _, cursor = await rounds(tracker, None)
    issue = await tracker.create(draft())
    changes, cursor = await rounds(tracker, cursor)
    assert changes == []
    clock.millis += 6_000
    changes, cursor = await rounds(tracker, cursor)
    assert [(change.issue, change.version) for change in changes] == [(issue.ref.id, issue.version)]
    assert changes[0].source == "scan"
    assert changes[0].project == "SIM"
    for _ in range(3):
        clock.millis += 20_000
        changes, cursor = await rounds(tracker, cursor)
        assert changes == []
    touch(jira, issue)
    clock.millis += 6_000
    changes, cursor = await rounds(tracker, cursor)
    assert [change.issue for change in changes] == [issue.ref.id]


async def test_an_issue_that_was_indexed_late_is_found_within_the_overlap(
    jira, tracker, draft, clock
) -> None:
    _, cursor = await rounds(tracker, None)
    late = await tracker.create(draft("a"))
    clock.millis += 3_000
    early = await tracker.create(draft("b"))
    hidden = jira.state.issues.pop(late.ref.id)
    clock.millis += 10_000
    changes, cursor = await rounds(tracker, cursor)
    assert [change.issue for change in changes] == [early.ref.id]
    jira.state.issues[late.ref.id] = hidden
    clock.millis += 10_000
    changes, cursor = await rounds(tracker, cursor)
    assert [change.issue for change in changes] == [late.ref.id]


@pytest.mark.parametrize("step", [0, 10, 400, 5_000])
async def test_many_changes_arrive_once_each_whatever_their_spacing(
    start_jira, connect, draft, clock, step
) -> None:
    jira = await start_jira(page_cap=7)
    tracker = connect(jira)
    _, cursor = await rounds(tracker, None)
    made = []
    for number in range(40):
        made.append((await tracker.create(draft(f"m-{number}"))).ref.id)
        clock.millis += step
    clock.millis += 10_000
    changes, cursor = await rounds(tracker, cursor)
    assert [change.issue for change in changes] == made
    assert await rounds(tracker, cursor) == ([], cursor)


async def test_writes_during_the_paging_lose_nothing(start_jira, connect, draft, clock) -> None:
    jira = await start_jira(page_cap=5)
    tracker = connect(jira)
    _, cursor = await rounds(tracker, None)
    made = []
    for number in range(30):
        made.append(await tracker.create(draft(f"m-{number}")))
        clock.millis += 300
    clock.millis += 10_000
    told = {}
    for number in range(100):
        page = await tracker.changed_since(cursor, ())
        cursor = page.cursor
        told |= {change.issue: change.version for change in page.changes}
        if number < 20:
            touch(jira, made[number % 30])
        clock.millis += 100
        if page.complete and number > 30:
            break
    clock.millis += 10_000
    changes, cursor = await rounds(tracker, cursor)
    told |= {change.issue: change.version for change in changes}
    held = {issue.id: issue.updated for issue in jira.state.issues.values()}
    assert {key: value for key, value in told.items() if value} == {
        key: value for key, value in held.items() if value % 1000
    }


async def test_only_the_named_projects_are_scanned(start_jira, connect, draft, clock) -> None:
    jira = await start_jira(projects={"SIM": "One", "OTHER": "Two"})
    tracker = connect(jira)
    _, cursor = await rounds(tracker, None)
    await tracker.create(draft())
    clock.millis += 10_000
    assert (await rounds(tracker, cursor, ("OTHER",)))[0] == []
    assert len((await rounds(tracker, cursor, ("OTHER", "SIM")))[0]) == 1
    assert [change async for change in tracker.all_issues(("OTHER",))] == []


@pytest.mark.parametrize("step", [0, 300, 2_000])
async def test_the_full_scan_tells_every_issue_once_and_no_version(
    start_jira, connect, draft, clock, step
) -> None:
    jira = await start_jira(page_cap=7)
    tracker = connect(jira)
    made = []
    for number in range(30):
        made.append((await tracker.create(draft(f"m-{number}"))).ref.id)
        clock.millis += step
    changes = [change async for change in tracker.all_issues(())]
    assert [change.issue for change in changes] == made
    assert {change.version for change in changes} == {None}


async def test_a_spoilt_cursor_says_what_to_do(tracker, refusal) -> None:
    error = await refusal(tracker.changed_since("{broken", ()))
    assert error.fault is Fault.CONFIGURATION
    assert "full scan" in error.remedy


async def test_an_unknown_project_is_told(tracker, refusal) -> None:
    error = await refusal(tracker.changed_since('{"at":1}', ('NO"PE',)))
    assert error.fault is Fault.VALIDATION


async def test_a_stale_index_delays_changes_and_loses_none(jira, tracker, draft, clock) -> None:
    """The bound follows the changes and not our clock, so what comes late still comes."""
    issues = [await tracker.create(draft(f"m-{number}")) for number in range(3)]
    clock.millis += 120_000
    _, cursor = await rounds(tracker, None)
    jira.state.search_lag = 50_000
    told = set()
    for issue in issues:
        touch(jira, issue)
        clock.millis += 15_000
        changes, cursor = await rounds(tracker, cursor)
        told |= {change.issue for change in changes}
    assert told != {issue.ref.id for issue in issues}
    for _ in range(6):
        clock.millis += 15_000
        changes, cursor = await rounds(tracker, cursor)
        told |= {change.issue for change in changes}
    assert told == {issue.ref.id for issue in issues}
