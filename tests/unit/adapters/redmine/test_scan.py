"""The scan: whole seconds, other clocks, other time zones, late changes."""

from adapters.redmine.simulator import edits
from schemas.errors import Fault
from schemas.issue import Part, WorklogDraft


def made_by_hand(redmine, summary: str = "New") -> str:
    values = {"project_id": "sim", "subject": summary}
    return str(edits.create(redmine.state, values, redmine.state.person("alice")).id)


async def told(tracker, cursor: str) -> tuple[list[str], str]:
    issues: list[str] = []
    while True:
        page = await tracker.changed_since(cursor, ())
        issues += [change.issue for change in page.changes]
        if page.complete:
            return issues, page.cursor
        cursor = page.cursor


async def test_our_clock_does_not_matter(redmine, connect, session, clock) -> None:
    """Ours is a day ahead, and the account's time zone is another one."""
    from adapters.redmine import RedmineTracker, parse_params

    params = parse_params({"url": redmine.url, "token": redmine.config.token, "projects": ["sim"]})
    tracker = RedmineTracker("r", params, session, lambda: clock() + 86_400_000, clock.pause)
    made_by_hand(redmine, "Old")
    clock.pass_(1000)
    cursor = (await tracker.changed_since(None, ())).cursor
    issue = made_by_hand(redmine)
    assert issue in (await told(tracker, cursor))[0]


async def test_more_issues_in_one_second_than_fit_a_page(redmine, connect, clock) -> None:
    tracker = connect(page_size=3)
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.pass_(5)
    made = [made_by_hand(redmine) for _ in range(11)]
    found, cursor = await told(tracker, cursor)
    assert set(found) == set(made)
    clock.pass_(5)
    again, cursor = await told(tracker, cursor)
    assert set(again) <= set(made)  # the newest second is told once more when it is over
    clock.pass_(5)
    assert (await told(tracker, cursor))[0] == []


async def test_a_change_that_shows_up_late_is_told(redmine, tracker, clock) -> None:
    late = redmine.state.issues.pop(int(made_by_hand(redmine, "In a long transaction")))
    clock.pass_(30)
    cursor = (await tracker.changed_since(None, ())).cursor
    made_by_hand(redmine, "Meanwhile")
    _, cursor = await told(tracker, cursor)
    redmine.state.issues[late.id] = late
    assert str(late.id) in (await told(tracker, cursor))[0]


async def test_new_time_is_told_though_it_raises_no_date(redmine, tracker, draft, clock) -> None:
    issue = await tracker.create(draft())
    clock.pass_(600)
    cursor = (await tracker.changed_since(None, ())).cursor
    _, cursor = await told(tracker, cursor)
    clock.pass_(600)
    _, cursor = await told(tracker, cursor)
    await tracker.add_worklog(issue.ref.id, WorklogDraft(3600, 0, "w-1"))
    page = await tracker.changed_since(cursor, ())
    assert [(change.issue, change.parts) for change in page.changes] == [
        (issue.ref.id, (Part.WORKLOGS,))
    ]
    assert (await told(tracker, page.cursor))[0] == []


async def test_only_the_named_projects_are_looked_at(redmine, connect, clock) -> None:
    tracker = connect(projects=["sim"])
    cursor = (await tracker.changed_since(None, ())).cursor
    elsewhere = {"project_id": "lagoon", "subject": "Elsewhere"}
    other = str(edits.create(redmine.state, elsewhere, redmine.state.me).id)
    here = made_by_hand(redmine)
    assert (await told(tracker, cursor))[0] == [here]
    both = [change async for change in tracker.all_issues(("sim", "lagoon"))]
    assert sorted(change.issue for change in both) == sorted([here, other])
    assert {change.project for change in both} == {"sim", "lagoon"}


async def test_a_cursor_that_cannot_be_read_says_what_to_do(tracker, refusal) -> None:
    error = await refusal(tracker.changed_since("{", ()))
    assert error.fault is Fault.CONFIGURATION
    assert "full scan" in error.remedy
