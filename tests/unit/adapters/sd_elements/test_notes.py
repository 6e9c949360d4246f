"""Notes as comments."""

import pytest

from adapters.simulation import Fault as Failing
from schemas.errors import Fault, TrackerError
from schemas.issue import CommentDraft, FieldChange, Part
from schemas.rich_text import Paragraph, RichText, Text, plain

FIELDS = frozenset({Part.FIELDS})
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


async def test_an_automatic_note_is_left_once(sde, tracker) -> None:
    """Also when the answer to it was lost."""
    issue = await tracker.read("1-T1", FIELDS)
    change = FieldChange({"automatic_note": "Task synchronized in JIRA. Reference: A-1"})
    sde.fail_next(Failing(method="POST", path="notes", after=True, drop=True))
    with pytest.raises(TrackerError):
        await tracker.update(issue, change)
    for _ in range(2):
        held = await tracker.update(await tracker.read("1-T1", FIELDS), change)
    assert [(note.text, note.automatic) for note in sde.state.tasks["1-T1"].notes] == [
        ("Task synchronized in JIRA. Reference: A-1", True)
    ]
    assert held.fields["automatic_note"] is None


@pytest.mark.parametrize("bare", [False, True], ids=["whole answers", "bare answers"])
async def test_a_status_note_goes_with_the_change_of_a_status_alone(
    start_sde, connect, bare
) -> None:
    """Some servers answer a write without what was to be included."""
    sde = await start_sde(bare_answers=bare)
    tracker, task = connect(sde), sde.state.tasks["1-T1"]
    issue = await tracker.read("1-T1", FIELDS)
    for status in ("DONE", "DONE", None, "TODO", "DONE"):
        said = {"status_note": "Changed", **({"status": status} if status else {})}
        issue = await tracker.update(issue, FieldChange({**said, "labels": ("x",)}))
        assert issue.fields["labels"] == ("x",)
        assert issue.comment_count == len(task.notes)
        if issue.comments is not None:
            # The answer tells of the note that came with it.
            assert len(issue.comments) == len(task.notes)
    assert [note.text for note in task.notes] == ["Changed"] * 3
