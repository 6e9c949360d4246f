"""The scan: nothing is lost with every webhook dropped, other clocks, and changes in one moment."""

import pytest

from adapters.rally import RallyTracker, parse_params
from adapters.rally.simulator import SimulatorConfig
from schemas.errors import Fault
from schemas.issue import CommentDraft, Part
from schemas.rich_text import plain


async def rest(tracker, cursor: str) -> tuple[list[object], str]:
    told: list[object] = []
    while True:
        page = await tracker.changed_since(cursor, ())
        told += page.changes
        cursor = page.cursor
        if page.complete:
            return told, cursor


async def start(tracker, clock) -> str:
    cursor = (await tracker.changed_since(None, ())).cursor
    clock.pass_(10)
    return cursor


async def test_all_three_types_are_told_and_nothing_else(tracker, draft, by_hand, clock) -> None:
    cursor = await start(tracker, clock)
    made = {
        (await tracker.create(draft(kind, kind))).ref.id
        for kind in ("Defect", "User Story", "Task")
    }
    await by_hand("POST", "/tag/create", {"Tag": {"Name": "no issue"}})
    told, _ = await rest(tracker, cursor)
    assert {change.issue for change in told} == made
    assert {(change.project, change.source) for change in told} == {("Harbour", "scan")}


async def test_more_changes_in_one_moment_than_fit_a_page(connect, draft, clock) -> None:
    tracker = connect(page_size=3)
    cursor = await start(tracker, clock)
    made = {(await tracker.create(draft(marker=f"m-{n}"))).ref.id for n in range(11)}
    told, cursor = await rest(tracker, cursor)
    assert {change.issue for change in told} == made
    clock.pass_(30)
    assert (await rest(tracker, cursor))[0] == []


@pytest.mark.parametrize("kind", ["written", "edited"])
async def test_a_comment_that_moves_no_issue_is_told(
    tracker, draft, by_hand, clock, kind: str
) -> None:
    made = await tracker.create(draft())
    post = await tracker.add_comment(made.ref.id, CommentDraft(plain("Words"), "c-1"))
    clock.pass_(600)
    _, cursor = await rest(tracker, await start(tracker, clock))
    if kind == "edited":
        body = {"ConversationPost": {"Text": "Other words"}}
        await by_hand("POST", f"/conversationpost/{post.id}", body)
    else:
        body = {"ConversationPost": {"Artifact": f"/defect/{made.ref.id}", "Text": "More"}}
        await by_hand("POST", "/conversationpost/create", body)
    told, cursor = await rest(tracker, cursor)
    assert [(change.issue, change.parts) for change in told] == [(made.ref.id, (Part.COMMENTS,))]
    assert (await rest(tracker, cursor))[0] == []


async def test_what_is_deleted_is_told_once(tracker, draft, by_hand, clock) -> None:
    made = [await tracker.create(draft(marker=f"m-{n}")) for n in range(3)]
    await by_hand("DELETE", f"/defect/{made[0].ref.id}")
    cursor = await start(tracker, clock)
    for one in made[1:]:
        await by_hand("DELETE", f"/defect/{one.ref.id}")
    told, cursor = await rest(tracker, cursor)
    gone = [change.issue for change in told if change.deleted]
    assert sorted(gone) == sorted(one.ref.id for one in made[1:])
    clock.pass_(30)
    assert (await rest(tracker, cursor))[0] == []


@pytest.mark.parametrize("offset", [-3_600_000, 3_600_000])
async def test_a_clock_that_differs_from_rallys_loses_nothing(
    rally, connect, draft, clock, session, offset: int
) -> None:
    given = {"url": rally.url, "token": rally.config.token, "projects": ["Harbour"]}
    ours = RallyTracker("r", parse_params(given), session, lambda: clock() + offset, clock.pause)
    cursor = await start(ours, clock)
    made = set()
    for number in range(5):
        made.add((await ours.create(draft(marker=f"m-{number}"))).ref.id)
        clock.pass_(40)
        told, cursor = await rest(ours, cursor)
        assert {change.issue for change in told} <= made
        made -= {change.issue for change in told}
    assert made == set()


async def test_only_the_connectors_projects_and_those_below_are_told(
    connect, draft, clock, by_hand, rally
) -> None:
    deep, flat = connect(), connect(scope_down=False)
    cursors = [await start(deep, clock), await start(flat, clock)]
    here = (await deep.create(draft(marker="m-1"))).ref.id
    below = (await deep.create(draft(marker="m-2", area="Pier"))).ref.id
    oids = {one.name: one.oid for one in rally.state.of_type["Project"].values()}
    body = {"Defect": {"Name": "Elsewhere", "Project": f"/project/{oids['Lagoon']}"}}
    await by_hand("POST", "/defect/create", body)
    told = [
        {change.issue for change in (await rest(one, cursor))[0]}
        for one, cursor in zip((deep, flat), cursors, strict=True)
    ]
    assert told == [{here, below}, {here}]
    assert [change.issue async for change in deep.all_issues(())] == [here, below]
    assert [change.issue async for change in flat.all_issues(())] == [here]


@pytest.mark.parametrize(
    "config", [SimulatorConfig(projects=("Root", *(f"Root / P{n}" for n in range(60)), "Other"))]
)
async def test_more_projects_than_a_query_should_name(rally, connect, clock, by_hand) -> None:
    tracker = connect(projects=["Root"])
    cursor = await start(tracker, clock)
    oids = {one.name: one.oid for one in rally.state.of_type["Project"].values()}
    for name in ("P59", "Other", "Root"):
        body = {"Defect": {"Name": name, "Project": f"/project/{oids[name]}"}}
        await by_hand("POST", "/defect/create", body)
    told, _ = await rest(tracker, cursor)
    assert [change.project for change in told] == ["Root", "Root"]


async def test_a_round_costs_three_calls(rally, tracker, clock) -> None:
    cursor = await start(tracker, clock)
    before = sum(rally.calls.values())
    await tracker.changed_since(cursor, ())
    assert sum(rally.calls.values()) == before + 3


async def test_a_position_that_cannot_be_read_is_told(tracker, refusal) -> None:
    error = await refusal(tracker.changed_since("nonsense", ()))
    assert (error.fault, bool(error.remedy)) == (Fault.CONFIGURATION, True)


async def test_rows_that_leave_a_moment_between_two_pages_hide_no_other(
    connect, draft, clock, by_hand
) -> None:
    tracker = connect(page_size=3, scan_overlap=0)
    cursor = await start(tracker, clock)
    made = [(await tracker.create(draft(marker=f"m-{n}"))).ref.id for n in range(9)]
    clock.pass_(100)
    page = await tracker.changed_since(cursor, ())
    told = {change.issue for change in page.changes}
    for number, issue in enumerate(made[:3]):
        await by_hand("POST", f"/defect/{issue}", {"Defect": {"Name": f"Moved {number}"}})
        page = await tracker.changed_since(page.cursor, ())
        told |= {change.issue for change in page.changes}
    more, _ = await rest(tracker, page.cursor)
    assert told | {change.issue for change in more} == set(made)


async def test_a_server_whose_posts_tell_no_change_is_asked_for_new_ones(
    rally, tracker, draft, clock
) -> None:
    del rally.state.types["ConversationPost"].attributes["LastUpdateDate"]
    made = await tracker.create(draft())
    _, cursor = await rest(tracker, await start(tracker, clock))
    await tracker.add_comment(made.ref.id, CommentDraft(plain("Words"), "c-1"))
    told, _ = await rest(tracker, cursor)
    assert [(change.issue, change.parts) for change in told] == [(made.ref.id, (Part.COMMENTS,))]
