"""Comments, attachments, time: the traps of Redmine."""

import pytest

from adapters.redmine.attachments import filename
from adapters.redmine.simulator import Fault as SimulatedFault
from adapters.redmine.simulator import edits
from schemas.errors import Fault
from schemas.issue import ALL_PARTS, AttachmentDraft, CommentDraft, WorklogDraft
from schemas.rich_text import plain, to_plain
from tests.contract.trackers.test_parts import content


async def test_an_internal_comment_is_never_published(
    redmine, tracker, limited, draft, refusal
) -> None:
    """Redmine takes a private note of an account that may not write any, and shows it to all."""
    issue = (await tracker.create(draft())).ref.id
    error = await refusal(limited.add_comment(issue, CommentDraft(plain("Hush"), "c-1", True)))
    assert error.fault is Fault.PERMISSION
    assert redmine.state.issues[int(issue)].journals == []


async def test_a_comment_that_is_out_of_sight_is_not_called_gone(
    redmine, tracker, limited, draft
) -> None:
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_comment(issue, CommentDraft(plain("Soon private"), "c-1"))
    redmine.state.issues[int(issue)].journals[0].private = True
    assert await limited.read_comments(issue) == ()
    assert await limited.comment_exists(issue, made.id)
    assert await tracker.comment_exists(issue, made.id)
    await tracker.delete_comment(issue, made.id)
    assert not await tracker.comment_exists(issue, made.id)


async def test_a_note_with_changes_outlives_its_words(redmine, tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    held = redmine.state.issues[int(issue)]
    edits.edit(redmine.state, held, {"subject": "New", "notes": "And why"}, redmine.state.me)
    (comment,) = await tracker.read_comments(issue)
    await tracker.delete_comment(issue, comment.id)
    assert await tracker.read_comments(issue) == ()
    assert not await tracker.comment_exists(issue, comment.id)
    assert len(held.journals) == 1


async def test_changes_without_words_are_no_comments(redmine, tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    held = redmine.state.issues[int(issue)]
    edits.edit(redmine.state, held, {"subject": "New"}, redmine.state.me)
    assert len(held.journals) == 1
    assert await tracker.read_comments(issue) == ()


async def test_an_edit_keeps_the_marker(redmine, tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_comment(issue, CommentDraft(plain("Words"), "c-1"))
    await tracker.edit_comment(issue, made.id, plain("Others"))
    assert redmine.state.issues[int(issue)].journals[0].notes.endswith("<!-- tidegate:c-1 -->")
    (read,) = await tracker.read_comments(issue)
    assert (read.marker, to_plain(read.body)) == ("c-1", "Others")


async def test_a_comment_whose_answer_cannot_be_read_back_is_of_unknown_outcome(
    redmine, tracker, draft, refusal
) -> None:
    issue = (await tracker.create(draft())).ref.id
    redmine.fail_next(SimulatedFault(status=500, method="GET", path="/issues/{issue}", times=5))
    error = await refusal(tracker.add_comment(issue, CommentDraft(plain("Words"), "c-1")))
    assert error.fault is Fault.UNKNOWN_OUTCOME


async def test_an_upload_that_is_lost_may_be_repeated(redmine, tracker, draft) -> None:
    """It belongs to no issue yet, so nobody sees a second one."""
    issue = (await tracker.create(draft())).ref.id
    redmine.fail_next(SimulatedFault(status=503, path="/uploads.json", after=True))
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    await tracker.add_attachment(issue, file, content(b"data"))
    assert len((await tracker.read(issue, ALL_PARTS)).attachments or ()) == 1


async def test_a_file_that_is_too_large_says_what_to_do(redmine, tracker, draft, refusal) -> None:
    issue = (await tracker.create(draft())).ref.id
    size = redmine.config.largest_file + 1
    file = AttachmentDraft("big.bin", size, "application/octet-stream", "a-1")
    error = await refusal(tracker.add_attachment(issue, file, content(b"x" * size)))
    assert error.fault is Fault.VALIDATION
    assert "Maximum attachment size" in error.remedy


async def test_a_download_with_a_key_that_nobody_has_is_no_login_page(
    redmine, tracker, connect, draft, refusal
) -> None:
    issue = (await tracker.create(draft())).ref.id
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    made = await tracker.add_attachment(issue, file, content(b"data"))

    async def read() -> None:
        stranger = connect(token="nobody-has-this")
        async with stranger.open_attachment(issue, made.id) as blocks:
            assert [block async for block in blocks]

    assert (await refusal(read())).fault is Fault.CREDENTIALS


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("plan.txt", "plan.txt"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\\b/c.txt", "a_b_c.txt"),
        ("line\nbreak.txt", "line_break.txt"),
        ("", "attachment"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
)
def test_names_of_files_are_fitted(given: str, sent: str) -> None:
    assert filename(given) == sent


async def test_time_keeps_a_day_and_hundredths_of_an_hour(tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    log = WorklogDraft(100, 1_790_000_000_123, "w-1", plain("Looked\n\nat it"))
    made = await tracker.add_worklog(issue, log)
    assert made.seconds == 108
    assert made.started == 1_790_000_000_123 // 86_400_000 * 86_400_000
    assert to_plain(made.comment) == "Looked at it"
    assert made.marker == "w-1"


async def test_a_long_comment_on_time_is_cut_and_keeps_its_marker(tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_worklog(issue, WorklogDraft(3600, 0, "w-1", plain("x" * 5000)))
    assert made.marker == "w-1"
    assert 900 < len(to_plain(made.comment)) < 1024


async def test_the_named_activity_is_used_and_an_unknown_one_refused(
    redmine, connect, draft, refusal
) -> None:
    tracker = connect(activity="Development")
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_worklog(issue, WorklogDraft(3600, 0, "w-1"))
    assert redmine.state.entries[int(made.id)].activity == 9
    other = connect(activity="Sleeping")
    error = await refusal(other.add_worklog(issue, WorklogDraft(3600, 0, "w-2")))
    assert "Design, Development" in error.remedy
