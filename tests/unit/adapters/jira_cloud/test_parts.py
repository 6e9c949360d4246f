"""Comments with properties, worklogs, attachments through the media host, and what a call costs."""

import pytest

from adapters.jira_cloud.simulator import Fault as SimulatedFault
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, AttachmentDraft, CommentDraft, FieldChange, Part, WorklogDraft
from schemas.rich_text import plain, to_plain

FIELDS = frozenset({Part.FIELDS})


async def content():
    async def stream():
        yield b"da"
        yield b"ta"

    return stream()


async def test_markers_of_many_comments_are_asked_for_at_once(cloud, connect, draft) -> None:
    ours = connect(cloud)
    issue = (await ours.create(draft())).ref.id
    for number in range(5):
        await ours.add_comment(issue, CommentDraft(plain(f"{number}"), f"c-{number}"))
    cloud.calls.clear()
    later = connect(cloud)
    read = await later.read(issue, ALL_PARTS)
    assert [comment.marker for comment in read.comments] == [f"c-{number}" for number in range(5)]
    assert cloud.calls["POST /rest/api/3/comment/list"] == 1
    await later.read(issue, ALL_PARTS)
    assert cloud.calls["POST /rest/api/3/comment/list"] == 1


async def test_more_comments_than_an_answer_holds(start_cloud, connect, draft) -> None:
    cloud = await start_cloud(embedded_comments=2, page_cap=3)
    tracker = connect(cloud)
    issue = (await tracker.create(draft())).ref.id
    for number in range(7):
        await tracker.add_comment(issue, CommentDraft(plain(f"{number}"), f"c-{number}"))
    read = await connect(cloud).read(issue, ALL_PARTS)
    assert [to_plain(comment.body) for comment in read.comments] == [str(n) for n in range(7)]
    assert read.comments == await connect(cloud).read_comments(issue)


async def test_internal_comments_of_a_service_project(start_cloud, connect, draft) -> None:
    cloud = await start_cloud(service_desk=True)
    tracker = connect(cloud)
    issue = (await tracker.create(draft())).ref.id
    hush = await tracker.add_comment(issue, CommentDraft(plain("Hush"), "c-1", internal=True))
    loud = await tracker.add_comment(issue, CommentDraft(plain("Loud"), "c-2"))
    assert (hush.internal, loud.internal) == (True, False)
    held = cloud.state.issue(issue).comments[0].properties["sd.public.comment"]
    assert held == {"internal": True}
    edited = await connect(cloud).edit_comment(issue, hush.id, plain("Still"))
    assert (edited.internal, edited.marker) == (True, "c-1")
    seen = (await connect(cloud).read(issue, ALL_PARTS)).comments
    assert [comment.internal for comment in seen] == [True, False]


async def test_a_comment_for_a_role_stays_with_it(cloud, connect, draft) -> None:
    tracker = connect(cloud, internal_role="Administrators")
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_comment(issue, CommentDraft(plain("Hush"), "c-1", internal=True))
    await tracker.edit_comment(issue, made.id, plain("Still"))
    held = cloud.state.issue(issue).comments[0]
    assert held.visibility == {"type": "role", "value": "Administrators"}


async def test_worklogs_keep_their_marker_out_of_sight(cloud, connect, draft) -> None:
    issue = (await connect(cloud).create(draft())).ref.id
    made = await connect(cloud).add_worklog(issue, WorklogDraft(90, 0, "w-1", plain("Did")))
    (held,) = cloud.state.issue(issue).worklogs
    assert str(held.comment) == "Did"
    later = connect(cloud)
    assert (await later.read(issue, ALL_PARTS)).worklogs == (made,)
    assert made.marker == "w-1"
    cloud.calls.clear()
    await later.read(issue, ALL_PARTS)
    assert sum(cloud.calls.values()) == 1


async def test_a_file_comes_from_jira_itself(cloud, tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    made = await tracker.add_attachment(issue, file, content)
    async with tracker.open_attachment(issue, made.id) as blocks:
        assert b"".join([block async for block in blocks]) == b"data"
    assert cloud.media.served == 0


async def test_a_file_comes_from_the_media_host_without_credentials(
    start_cloud, connect, draft
) -> None:
    cloud = await start_cloud(redirects_always=True)
    tracker = connect(cloud)
    issue = (await tracker.create(draft())).ref.id
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    made = await tracker.add_attachment(issue, file, content)
    async with tracker.open_attachment(issue, made.id) as blocks:
        assert b"".join([block async for block in blocks]) == b"data"
    assert (cloud.media.served, cloud.cloud.leaks) == (1, 0)


async def test_a_file_that_is_gone_is_not_found(cloud, tracker, draft, refusal) -> None:
    issue = (await tracker.create(draft())).ref.id

    async def opened():
        async with tracker.open_attachment(issue, "424242"):
            pass

    assert (await refusal(opened())).fault is Fault.NOT_FOUND
    assert not await tracker.attachment_exists(issue, "424242")


async def test_parents_move_and_leave(cloud, tracker, draft) -> None:
    """Any issue may hang under any other one, not under an epic alone."""
    one, two = await tracker.create(draft("m-1")), await tracker.create(draft("m-2"))
    below = await tracker.create(draft("m-3", parent=one.ref.id))
    assert below.fields["parent"] == one.ref.id
    below = await tracker.update(below, FieldChange({"parent": two.ref.id}))
    assert below.fields["parent"] == two.ref.id
    below = await tracker.update(below, FieldChange({"parent": None}))
    assert below.fields["parent"] is None


async def test_a_moved_issue_is_found_by_its_old_key(cloud, tracker, draft) -> None:
    made = await tracker.create(draft())
    cloud.cloud.move(cloud.state.issue(made.ref.id), "OTHER")
    found = await tracker.resolve("SIM-1")
    assert (found.id, found.key) == (made.ref.id, "OTHER-1")
    read = await tracker.read(made.ref.id, FIELDS)
    assert read.project == "OTHER"


async def test_the_source_is_linked_once(cloud, tracker, draft) -> None:
    await tracker.create(draft(source_url="https://other.example/1"))
    ((key, link),) = cloud.state.issue("SIM-1").links.items()
    assert key == "tidegate=marker-1"
    assert link["object"]["url"] == "https://other.example/1"


async def test_a_status_is_reached_over_several_transitions(cloud, tracker, draft) -> None:
    made = await tracker.create(draft())
    done = await tracker.update(made, FieldChange({"status": "Done"}))
    assert (done.fields["status"], done.fields["resolution"]) == ("Done", "Done")


@pytest.mark.parametrize(
    ("what", "calls"),
    [("read", 1), ("update", 2), ("comment", 1), ("edit", 2), ("status", 2), ("create", 2)],
)
async def test_what_a_usual_call_costs(cloud, tracker, draft, what, calls) -> None:
    """Once the adapter knows its way."""
    made = await tracker.create(draft("m-1", labels=("a",), customfield_10003="S1"))
    comment = await tracker.add_comment(made.ref.id, CommentDraft(plain("x"), "c-1"))
    await tracker.update(made, FieldChange({"status": "In Progress"}))
    other = await tracker.create(draft("m-2"))
    cloud.calls.clear()
    match what:
        case "read":
            await tracker.read(made.ref.id, ALL_PARTS)
        case "update":
            change = FieldChange({"summary": "y", "customfield_10003": "S2"}, {"labels": ("b",)})
            await tracker.update(made, change)
        case "comment":
            await tracker.add_comment(made.ref.id, CommentDraft(plain("y"), "c-2"))
        case "edit":
            await tracker.edit_comment(made.ref.id, comment.id, plain("z"))
        case "status":
            await tracker.update(other, FieldChange({"status": "In Progress"}))
        case "create":
            await tracker.create(draft("m-3", customfield_10001="x"))
    assert sum(cloud.calls.values()) == calls, cloud.calls


async def test_an_unknown_account_names_the_way_out(cloud, tracker, draft, refusal) -> None:
    error = await refusal(tracker.create(draft(assignee="Zoe Quill")))
    assert (error.fault, error.field) == (Fault.VALIDATION, "assignee")
    assert "account" in error.remedy


async def test_a_conflict_and_a_full_issue_are_told(cloud, tracker, draft, refusal) -> None:
    made = await tracker.create(draft())
    for status, fault in ((409, Fault.CONFLICT), (413, Fault.VALIDATION), (410, Fault.GONE)):
        cloud.fail_next(SimulatedFault(status=status, method="PUT"))
        error = await refusal(tracker.update(made, FieldChange({"summary": "New"})))
        assert error.fault is fault
