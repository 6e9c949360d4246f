import pytest

from adapters.jira.simulator import Fault as SimulatedFault
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, CommentDraft, FieldChange
from schemas.rich_text import plain, to_plain

READ = "GET /rest/api/2/issue/{key}"
LIST = "GET /rest/api/2/issue/{key}/comment"
ONE = "GET /rest/api/2/issue/{key}/comment/{comment}"


def by_person(jira, issue, body="From a person", **more):
    held = jira.state.issue(issue.ref.id)
    return jira.state.add_comment(held, {"body": body, **more}, jira.state.users["bob"])


async def test_a_comment_is_added_edited_and_deleted(tracker, draft) -> None:
    issue = await tracker.create(draft())
    made = await tracker.add_comment(issue.ref.id, CommentDraft(plain("Ünï 🚀"), "c-1"))
    assert (to_plain(made.body), made.marker, made.internal) == ("Ünï 🚀", "c-1", False)
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).comments == (made,)
    edited = await tracker.edit_comment(issue.ref.id, made.id, plain("Other"))
    assert (to_plain(edited.body), edited.marker) == ("Other", "c-1")
    assert edited.updated > made.updated
    await tracker.delete_comment(issue.ref.id, made.id)
    assert await tracker.read_comments(issue.ref.id) == ()
    await tracker.delete_comment(issue.ref.id, made.id)


async def test_deleting_is_no_success_when_the_issue_cannot_be_seen(tracker, refusal) -> None:
    assert (await refusal(tracker.delete_comment("999", "1"))).fault is Fault.NOT_FOUND


async def test_a_comment_is_gone_only_when_its_issue_is_there(
    jira, tracker, draft, refusal
) -> None:
    issue = await tracker.create(draft())
    made = await tracker.add_comment(issue.ref.id, CommentDraft(plain("x"), "c-1"))
    assert await tracker.comment_exists(issue.ref.id, made.id)
    assert not await tracker.comment_exists(issue.ref.id, "4711")
    assert (await refusal(tracker.comment_exists("999", made.id))).fault is Fault.NOT_FOUND
    jira.fail_next(SimulatedFault(status=403))
    error = await refusal(tracker.comment_exists(issue.ref.id, made.id))
    assert error.fault is Fault.PERMISSION


@pytest.mark.parametrize("embedded", [True, False])
async def test_an_internal_comment_stays_internal_through_all_reads(
    start_jira, connect, draft, embedded
) -> None:
    jira = await start_jira(service_desk=True, embed_comment_properties=embedded)
    issue = await connect(jira).create(draft())
    await connect(jira).add_comment(issue.ref.id, CommentDraft(plain("a"), "c-1", internal=True))
    by_person(jira, issue, properties=[{"key": "sd.public.comment", "value": {"internal": "true"}}])
    by_person(jira, issue, visibility={"type": "role", "value": "Developers"})
    by_person(jira, issue)
    fresh = connect(jira)  # knows nothing of the comments
    read = await fresh.read(issue.ref.id, ALL_PARTS)
    assert [comment.internal for comment in read.comments] == [True, True, True, False]
    assert await fresh.read_comments(issue.ref.id) == read.comments


async def test_a_role_can_stand_for_internal_and_outlives_an_edit(jira, connect, draft) -> None:
    tracker = connect(jira, internal_role="Developers")
    issue = await tracker.create(draft())
    made = await tracker.add_comment(issue.ref.id, CommentDraft(plain("a"), "c-1", internal=True))
    edited = await tracker.edit_comment(issue.ref.id, made.id, plain("b"))
    assert made.internal
    assert edited.internal
    held = jira.state.issue(issue.ref.id).comments[0]
    assert held.visibility == {"type": "role", "value": "Developers"}


async def test_a_marker_is_found_by_a_fresh_reader(jira, connect, draft) -> None:
    issue = await connect(jira).create(draft())
    await connect(jira).add_comment(issue.ref.id, CommentDraft(plain("a"), "c-1"))
    read = await connect(jira).read(issue.ref.id, ALL_PARTS)
    assert [comment.marker for comment in read.comments] == ["c-1"]


async def test_properties_are_asked_for_once_per_comment(jira, connect, draft) -> None:
    tracker = connect(jira)
    issue = await tracker.create(draft())
    await tracker.add_comment(issue.ref.id, CommentDraft(plain("ours"), "c-1"))
    jira.calls.clear()
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls == {READ: 1}
    by_person(jira, issue)
    jira.calls.clear()
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls == {READ: 1, ONE: 1}
    jira.calls.clear()
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls == {READ: 1}
    by_person(jira, issue)
    by_person(jira, issue)
    jira.calls.clear()
    await tracker.read(issue.ref.id, ALL_PARTS)
    assert jira.calls == {READ: 1, LIST: 1}


async def test_five_hundred_comments_arrive_in_order(start_jira, connect, draft) -> None:
    jira = await start_jira(embedded_comments=20, page_cap=100)
    tracker = connect(jira)
    issue = await tracker.create(draft())
    for number in range(500):
        by_person(jira, issue, f"Comment {number}")
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert [to_plain(comment.body) for comment in read.comments] == [
        f"Comment {number}" for number in range(500)
    ]
    assert read.comment_count == 500
    assert await tracker.read_comments(issue.ref.id) == read.comments


async def test_an_empty_comment_is_refused_with_a_remedy(tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    error = await refusal(tracker.add_comment(issue.ref.id, CommentDraft(plain(""), "c-1")))
    assert (error.fault, error.field) == (Fault.VALIDATION, "comment")


async def test_a_comment_raises_the_version(tracker, draft) -> None:
    issue = await tracker.create(draft())
    await tracker.add_comment(issue.ref.id, CommentDraft(plain("x"), "c-1"))
    after = await tracker.read(issue.ref.id, ALL_PARTS)
    assert after.version > issue.version
    assert (await tracker.update(issue, FieldChange())).version == after.version


async def test_a_list_that_is_cut_short_is_no_list(jira, tracker, draft, refusal) -> None:
    """It would look like deletions."""
    issue = await tracker.create(draft())
    by_person(jira, issue)
    jira.fail_next(SimulatedFault(status=200, path="/comment", raw=b'{"total": 1}'))
    assert (await refusal(tracker.read_comments(issue.ref.id))).fault is Fault.UNAVAILABLE
