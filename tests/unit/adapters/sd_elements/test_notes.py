"""Notes as comments."""

import pytest

from adapters.simulation import Fault as Failing
from schemas.errors import Fault, TrackerError
from schemas.issue import CommentDraft, Part
from schemas.rich_text import Paragraph, RichText, Text, plain

DRAFT = CommentDraft(plain("hello"), "marker")


async def test_a_note_is_added_edited_and_deleted(sde, tracker) -> None:
    added = await tracker.add_comment("1-T1", DRAFT)
    assert added.body == plain("hello")
    assert added.author.email == "tidegate@example.com"
    assert sde.state.tasks["1-T1"].notes[0].automatic
    bold = RichText((Paragraph((Text("now bold", ("strong",)),)),))
    edited = await tracker.edit_comment("1-T1", added.id, bold)
    assert edited.body == bold
    assert await tracker.comment_exists("1-T1", added.id)
    await tracker.delete_comment("1-T1", added.id)
    await tracker.delete_comment("1-T1", added.id)
    assert not await tracker.comment_exists("1-T1", added.id)


async def test_all_notes_come_however_many_pages_they_fill(start_sde, connect) -> None:
    sde = await start_sde(page_cap=7)
    tracker = connect(sde)
    task = sde.state.tasks["1-T2"]
    for number in range(23):
        sde.state.add_note(task, {"text": f"note {number} ☃"}, sde.state.users["alice"])
    issue = await tracker.read("1-T2", frozenset({Part.COMMENTS}))
    assert [comment.body for comment in issue.comments] == [plain(f"note {n} ☃") for n in range(23)]
    assert issue.comment_count == 23


async def test_a_note_out_of_sight_is_not_taken_for_deleted(sde, tracker) -> None:
    added = await tracker.add_comment("1-T1", DRAFT)
    sde.state.remove(sde.state.tasks["1-T1"])
    with pytest.raises(TrackerError) as caught:
        await tracker.comment_exists("1-T1", added.id)
    assert caught.value.fault is Fault.NOT_FOUND


async def test_a_note_whose_answer_is_lost_is_there_once(sde, tracker) -> None:
    sde.fail_next(Failing(method="POST", path="notes", after=True, drop=True))
    with pytest.raises(TrackerError) as caught:
        await tracker.add_comment("1-T1", DRAFT)
    assert caught.value.fault is Fault.UNKNOWN_OUTCOME
    assert [c.body for c in await tracker.read_comments("1-T1")] == [plain("hello")]
