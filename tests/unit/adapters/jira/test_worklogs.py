"""Time that was spent."""

import pytest

from adapters.jira.simulator import Fault as SimulatedFault
from adapters.jira.simulator.model import Worklog as Held
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, Part, WorklogDraft
from schemas.rich_text import ListBlock, ListItem, Paragraph, RichText, Text, plain, to_plain

READ = "GET /rest/api/2/issue/{key}"
LIST = "GET /rest/api/2/issue/{key}/worklog"
STARTED = 1_769_862_600_123


def by_person(jira, issue, seconds: int = 3600, comment: str = "Looked") -> Held:
    state = jira.state
    at = state.tick()
    worklog = Held(state.new_id(), seconds, at, state.users["bob"], at, at, comment)
    return state.log_work(state.issue(issue.ref.id), worklog, state.users["bob"])


async def test_a_record_keeps_its_time_words_and_marker(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    words = RichText((ListBlock((ListItem((Paragraph((Text("Größe"),)),)),)),))
    made = await tracker.add_worklog(issue.ref.id, WorklogDraft(5400, STARTED, "m/1 {x}", words))
    assert (made.seconds, made.started, made.marker) == (5400, STARTED, "m/1 {x}")
    assert made.comment == words
    assert made.author.id == jira.config.user
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.worklogs == (made,)
    assert read.fields["spent"] == 5400
    assert read.version > issue.version
    edited = await tracker.edit_worklog(
        issue.ref.id, made.id, WorklogDraft(3600, STARTED, "m/1 {x}")
    )
    assert (edited.seconds, edited.comment, edited.marker) == (3600, None, "m/1 {x}")


async def test_the_remaining_estimate_is_left_alone(tracker, draft) -> None:
    issue = await tracker.create(draft(estimate=7200, remaining=7200))
    made = await tracker.add_worklog(issue.ref.id, WorklogDraft(3600, STARTED, "m"))
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).fields["remaining"] == 7200
    await tracker.delete_worklog(issue.ref.id, made.id)
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).fields["remaining"] == 7200


@pytest.mark.parametrize(("seconds", "kept"), [(1, 60), (89, 60), (100, 120), (86_400, 86_400)])
async def test_time_is_kept_in_whole_minutes(tracker, draft, seconds, kept) -> None:
    issue = await tracker.create(draft())
    made = await tracker.add_worklog(issue.ref.id, WorklogDraft(seconds, STARTED, "m"))
    assert made.seconds == kept


async def test_the_first_twenty_come_with_the_issue_and_more_by_one_call(
    jira, tracker, draft
) -> None:
    issue = await tracker.create(draft())
    for number in range(20):
        by_person(jira, issue, comment=f"Log {number}")
    jira.calls.clear()
    assert len((await tracker.read(issue.ref.id, ALL_PARTS)).worklogs) == 20
    assert jira.calls == {READ: 1}
    by_person(jira, issue, comment="Log 20")
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert [to_plain(each.comment) for each in read.worklogs] == [f"Log {n}" for n in range(21)]
    assert jira.calls[LIST] == 1


async def test_a_list_that_is_cut_short_is_no_list(jira, tracker, draft, refusal) -> None:
    """It would look like deletions."""
    issue = await tracker.create(draft())
    for number in range(21):
        by_person(jira, issue, comment=f"Log {number}")
    cut = b'{"total": 21, "worklogs": []}'
    jira.fail_next(SimulatedFault(status=200, path="/worklog", raw=cut))
    assert (await refusal(tracker.read(issue.ref.id, ALL_PARTS))).fault is Fault.UNAVAILABLE


async def test_where_time_is_not_tracked_nothing_is_told(start_jira, connect, draft) -> None:
    jira = await start_jira(time_tracking=False)
    tracker = connect(jira)
    issue = await tracker.create(draft())
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).worklogs is None


async def test_records_are_not_read_when_nobody_asks(tracker, draft) -> None:
    issue = await tracker.create(draft())
    await tracker.add_worklog(issue.ref.id, WorklogDraft(60, STARTED, "m"))
    assert (await tracker.read(issue.ref.id, frozenset({Part.FIELDS}))).worklogs is None


async def test_deleting_is_no_success_when_the_issue_cannot_be_seen(tracker, refusal) -> None:
    assert (await refusal(tracker.delete_worklog("999", "1"))).fault is Fault.NOT_FOUND


async def test_words_of_a_person_are_rich_text(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    by_person(jira, issue, comment="*Looked* at {code}x{code}")
    (read,) = (await tracker.read(issue.ref.id, ALL_PARTS)).worklogs
    assert "Looked" in to_plain(read.comment)
    assert read.comment != plain("*Looked* at {code}x{code}")
