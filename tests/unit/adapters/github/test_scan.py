"""Changes found without webhooks: nothing lost, whatever pages, clocks and lags do."""

import pytest
from structlog.testing import capture_logs

from schemas.errors import Fault
from schemas.issue import CommentDraft, Part
from schemas.rich_text import plain


async def scan(tracker, cursor, projects=()):
    """All pages until it says that it is complete."""
    found = []
    for _ in range(200):
        page = await tracker.changed_since(cursor, projects)
        found += page.changes
        cursor = page.cursor
        if page.complete:
            return found, cursor
    raise AssertionError("the scan never ends")


@pytest.fixture
async def begun(tracker, clock):
    """A cursor from which on nothing has changed."""
    page = await tracker.changed_since(None, ())
    assert (page.changes, page.complete) == ((), True)
    clock.millis += 120_000
    return page.cursor


async def test_every_change_is_told_and_told_once(github, tracker, clock, begun, by_hand) -> None:
    first, second = by_hand("One"), by_hand("Two")
    clock.millis += 60_000
    found, cursor = await scan(tracker, begun)
    assert [change.issue.partition("-")[2] for change in found] == ["1", "2"]
    assert {change.source for change in found} == {"scan"}
    assert {change.project for change in found} == {"sim/project"}
    clock.millis += 60_000
    assert (await scan(tracker, cursor))[0] == []
    github.state.edit(second, {"title": "New"}, github.state.me)
    clock.millis += 60_000
    found, cursor = await scan(tracker, cursor)
    assert [change.issue for change in found] == [f"{second.repository.id}-{second.number}"]
    assert first.number != second.number


async def test_an_edited_comment_is_found_though_its_issue_stands_still(
    github, tracker, clock, by_hand
) -> None:
    issue = by_hand()
    comment = github.state.add_comment(issue, "Hello", github.state.users["alice"])
    clock.millis += 600_000
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 60_000
    github.state.edit_comment(issue, comment, "Changed", github.state.users["alice"])
    clock.millis += 60_000
    found, _ = await scan(tracker, cursor)
    assert [(one.issue.partition("-")[2], one.parts) for one in found] == [("1", (Part.COMMENTS,))]


async def test_pull_requests_and_their_comments_are_passed_over(
    github, tracker, project, clock, begun
) -> None:
    pull = github.state.create(project, {"title": "PR"}, github.state.me, pull=True)
    github.state.add_comment(pull, "Review", github.state.users["alice"])
    clock.millis += 60_000
    assert (await scan(tracker, begun))[0] == []
    assert [one async for one in tracker.all_issues(())] == []


async def test_more_than_a_page_within_one_second_is_told_whole(
    connect, github, clock, by_hand
) -> None:
    tracker = connect(github, page_size=7)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 60_000
    made = {by_hand(f"No. {number}").number for number in range(45)}
    clock.millis += 60_000
    found, cursor = await scan(tracker, cursor)
    assert {int(one.issue.partition("-")[2]) for one in found} == made
    assert len(found) == 45
    clock.millis += 60_000
    assert (await scan(tracker, cursor))[0] == []


async def test_issues_that_move_while_pages_are_read_are_not_passed_over(
    connect, github, clock, by_hand
) -> None:
    tracker = connect(github, page_size=5)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 60_000
    issues = []
    for number in range(30):
        issues.append(by_hand(f"No. {number}"))
        clock.millis += 1000
    clock.millis += 60_000
    found = []
    for turn in range(60):
        page = await tracker.changed_since(cursor, ())
        found += page.changes
        cursor = page.cursor
        if turn < 6:
            github.state.edit(issues[turn], {"title": "Again"}, github.state.me)
            clock.millis += 1000
    clock.millis += 60_000
    found += (await scan(tracker, cursor))[0]
    told = {int(one.issue.partition("-")[2]) for one in found}
    assert told == {issue.number for issue in issues}


async def test_a_second_change_in_the_same_second_is_told_too(
    github, tracker, clock, begun, by_hand
) -> None:
    clock.millis -= clock.millis % 1000
    issue = by_hand()
    clock.millis += 5_100
    first, cursor = await scan(tracker, begun)
    clock.millis -= 4_500  # still the second in which it was made, as GitHub shows it
    github.state.edit(issue, {"title": "Again"}, github.state.me)
    clock.millis += 60_000
    second, _ = await scan(tracker, cursor)
    assert (len(first), len(second)) == (1, 1)


async def test_lists_that_are_late_lose_nothing(start_github, connect, clock) -> None:
    github = await start_github(list_lag=4000)
    tracker = connect(github)
    cursor = (await tracker.changed_since(None, ())).cursor
    repository = github.state.repository("sim/project")
    told = set()
    for number in range(40):
        github.state.create(repository, {"title": f"No. {number}"}, github.state.me)
        clock.millis += 700
        found, cursor = await scan(tracker, cursor)
        told |= {int(one.issue.partition("-")[2]) for one in found}
    clock.millis += 60_000
    found, _ = await scan(tracker, cursor)
    told |= {int(one.issue.partition("-")[2]) for one in found}
    assert told == set(range(1, 41))


@pytest.mark.parametrize("offset", [-45_000, 45_000])
async def test_a_clock_that_is_wrong_loses_nothing(
    connect, github, session, clock, by_hand, offset
) -> None:
    from adapters.github import GitHubTracker, parse_params

    settings = {"url": github.url, "token": github.config.token, "projects": ["sim/project"]}
    tracker = GitHubTracker(
        "github-a", parse_params(settings), session, lambda: clock.millis + offset, clock.pause
    )
    cursor = (await tracker.changed_since(None, ())).cursor
    told = set()
    for number in range(30):
        by_hand(f"No. {number}")
        clock.millis += 10_000
        found, cursor = await scan(tracker, cursor)
        told |= {int(one.issue.partition("-")[2]) for one in found}
    clock.millis += 120_000
    found, _ = await scan(tracker, cursor)
    told |= {int(one.issue.partition("-")[2]) for one in found}
    assert told == set(range(1, 31))


async def test_repositories_have_their_turns(start_github, connect, clock) -> None:
    github = await start_github(projects=("sim/a", "sim/b"))
    tracker = connect(github)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.millis += 60_000
    for name in ("sim/a", "sim/b"):
        github.state.create(github.state.repository(name), {"title": name}, github.state.me)
    clock.millis += 60_000
    found, cursor = await scan(tracker, cursor)
    assert [one.project for one in found] == ["sim/a", "sim/b"]
    found, _ = await scan(tracker, cursor, ("sim/b",))
    assert found == []


async def test_a_full_scan_tells_every_issue_once(connect, github, clock, by_hand) -> None:
    tracker = connect(github, page_size=10)
    for number in range(95):
        by_hand(f"No. {number}", state="closed" if number % 3 else "open")
        clock.millis += 250
    found = [one.issue async for one in tracker.all_issues(())]
    assert len(found) == len(set(found)) == 95


async def test_without_a_repository_there_is_nothing_to_scan(connect, github, refusal) -> None:
    tracker = connect(github, projects=[])
    assert (await refusal(tracker.changed_since(None, ()))).fault is Fault.CONFIGURATION


async def test_a_broken_position_is_told(tracker, refusal) -> None:
    assert (await refusal(tracker.changed_since("{", ()))).fault is Fault.CONFIGURATION


async def test_our_own_writes_are_told_as_well(tracker, clock, begun, draft) -> None:
    issue = await tracker.create(draft())
    await tracker.add_comment(issue.ref.id, CommentDraft(plain("x"), "m"))
    clock.millis += 60_000
    found, _ = await scan(tracker, begun)
    assert {one.issue for one in found} == {issue.ref.id}


async def test_where_nothing_changes_looking_is_free(github, tracker, clock, begun, by_hand):
    issue = by_hand()
    clock.millis += 60_000
    _, cursor = await scan(tracker, begun)
    _, cursor = await scan(tracker, cursor)
    used = github.faults.limit.used
    for _ in range(5):
        clock.millis += 60_000
        found, cursor = await scan(tracker, cursor)
        assert found == []
    assert github.faults.limit.used == used
    github.state.edit(issue, {"title": "Again"}, github.state.me)
    clock.millis += 60_000
    assert len((await scan(tracker, cursor))[0]) == 1


async def test_a_repository_out_of_sight_stops_no_other(
    start_github, connect, clock, refusal
) -> None:
    github = await start_github(projects=("sim/a", "sim/b"))
    tracker = connect(github)
    cursor = (await tracker.changed_since(None, ())).cursor
    first, second = (github.state.repository(name) for name in ("sim/a", "sim/b"))
    clock.millis += 1_000_000
    del github.state.repositories[first.id]
    for repository in (first, second):
        github.state.create(repository, {"title": repository.name}, github.state.me)
    clock.millis += 60_000
    with capture_logs() as lines:
        found, cursor = await scan(tracker, cursor)
    assert [one.project for one in found] == ["sim/b"]
    assert "sim/a" in [line.get("project") for line in lines if line["log_level"] == "warning"]
    assert [one.project async for one in tracker.all_issues(())] == ["sim/b"]
    github.state.repositories[first.id] = first
    clock.millis += 60_000
    assert [one.project for one in (await scan(tracker, cursor))[0]] == ["sim/a"]
    github.state.repositories.clear()
    clock.millis += 1_000_000
    assert (await refusal(tracker.changed_since(cursor, ()))).fault is Fault.NOT_FOUND


async def test_issues_that_are_switched_off_are_no_error_of_others(
    start_github, connect, refusal
) -> None:
    github = await start_github(projects=("sim/a", "sim/b"))
    github.state.repository("sim/a").has_issues = False
    tracker = connect(github)
    assert (await tracker.changed_since(None, ())).complete
    error = await refusal(tracker.changed_since(None, ("sim/a",)))
    assert error.fault is Fault.PERMISSION
