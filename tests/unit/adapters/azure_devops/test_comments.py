import pytest

from schemas.errors import Fault, TrackerError
from schemas.issue import ALL_PARTS, CommentDraft
from schemas.rich_text import Paragraph, RichText, Text, plain

BODY = RichText((Paragraph((Text("see "), Text("this", marks=("strong",)), Text(" שלום 🎉 <i>"))),))


@pytest.fixture
async def issue(tracker, draft):
    return await tracker.create(draft())


async def test_add_edit_delete(tracker, issue):
    added = await tracker.add_comment(issue.ref.id, CommentDraft(BODY, "m"))
    assert added.body == BODY
    assert added.author.email == "sync@example.com"
    edited = await tracker.edit_comment(issue.ref.id, added.id, plain("better"))
    assert edited.body == plain("better")
    assert edited.updated > added.created
    assert await tracker.read_comments(issue.ref.id) == (edited,)
    await tracker.delete_comment(issue.ref.id, added.id)
    await tracker.delete_comment(issue.ref.id, added.id)
    assert await tracker.read_comments(issue.ref.id) == ()


async def test_five_hundred_comments_come_complete_and_in_order(tracker, simulator, issue):
    item = simulator.state.item(1)
    for number in range(500):
        simulator.state.comment(item, f"<p>number {number}</p>")
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert [one.body for one in read.comments] == [plain(f"number {n}") for n in range(500)]
    assert read.comment_count == 500


async def test_a_comment_is_gone_only_when_the_tracker_says_so(tracker, simulator, issue):
    added = await tracker.add_comment(issue.ref.id, CommentDraft(BODY, "m"))
    assert await tracker.comment_exists(issue.ref.id, added.id)
    await tracker.delete_comment(issue.ref.id, added.id)
    assert not await tracker.comment_exists(issue.ref.id, added.id)
    assert not await tracker.comment_exists(issue.ref.id, "4711")
    simulator.fail_next(status=503, path="/comments", times=3)
    with pytest.raises(TrackerError) as caught:
        await tracker.comment_exists(issue.ref.id, added.id)
    assert caught.value.fault is Fault.UNAVAILABLE
    simulator.state.delete(simulator.state.item(1))
    with pytest.raises(TrackerError) as caught:
        await tracker.comment_exists(issue.ref.id, added.id)
    assert caught.value.fault is Fault.GONE


async def test_comments_follow_an_item_into_another_project(tracker, simulator, issue):
    item = simulator.state.item(1)
    item.project = "Ünïcode & Söhne"
    item.fields["System.TeamProject"] = item.project
    added = await tracker.add_comment(issue.ref.id, CommentDraft(BODY, "m"))
    assert await tracker.read_comments(issue.ref.id) == (added,)
    assert len(item.comments) == 1


async def test_a_fresh_tracker_finds_the_project_by_itself(make_tracker, issue):
    other = make_tracker(project="")
    assert (await other.add_comment(issue.ref.id, CommentDraft(BODY, "m"))).body == BODY


async def test_a_comment_keeps_the_markup_that_it_was_written_in(
    tracker, make_tracker, simulator, issue
):
    item = simulator.state.item(1)
    record = simulator.state.comment(item, "a **b**", markup="markdown")
    (read,) = await tracker.read_comments(issue.ref.id)
    bold = RichText((Paragraph((Text("a "), Text("b", marks=("strong",)))),))
    assert read.body == bold
    simulator.calls.clear()
    edited = await tracker.edit_comment(issue.ref.id, read.id, bold)
    assert edited.body == bold
    assert (record.format, record.text.strip()) == ("markdown", "a **b**")
    assert sum(simulator.calls.values()) == 1
    fresh = make_tracker()
    await fresh.edit_comment(issue.ref.id, read.id, plain("c"))
    assert (record.format, record.text.strip()) == ("markdown", "c")
    await fresh.add_comment(issue.ref.id, CommentDraft(BODY, "m"))
    assert item.comments[-1].format == "html"
