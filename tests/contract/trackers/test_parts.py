"""What every tracker's adapter promises of comments, attachments and worklogs."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from adapters.port import ByteStream, Tracker, Worklogs
from schemas.errors import Fault
from schemas.issue import (
    ALL_PARTS,
    AttachmentDraft,
    CommentDraft,
    Part,
    WorklogDraft,
)
from schemas.rich_text import plain, to_plain
from tests.contract.trackers.harness import Site

ODD = "Ünïcödé 🚀 עברית <b>&\"' * _x_"
DAY = 86_400_000


def content(*blocks: bytes) -> Callable[[], Awaitable[ByteStream]]:
    async def stream() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    async def opened() -> ByteStream:
        return stream()

    return opened


@pytest.fixture
def takes_files(tracker: Tracker) -> None:
    if not tracker.capabilities.attachment_upload:
        assert tracker.capabilities.degraded["attachments"]
        pytest.skip("the tracker takes no files, says its manifest")


async def bytes_of(tracker: Tracker, issue: str, attachment: str) -> bytes:
    async with tracker.open_attachment(issue, attachment) as blocks:
        return b"".join([block async for block in blocks])


async def test_a_comment_is_added_edited_and_deleted(tracker: Tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_comment(issue, CommentDraft(plain(ODD), "c-1"))
    assert to_plain(made.body) == ODD
    assert made.author.name
    assert made.created > 0
    if tracker.capabilities.comment_marker:
        assert made.marker == "c-1"
    assert [item.id for item in await tracker.read_comments(issue)] == [made.id]
    assert (await tracker.read(issue, frozenset({Part.COMMENTS}))).comments == (made,)
    assert await tracker.comment_exists(issue, made.id)
    edited = await tracker.edit_comment(issue, made.id, plain("Other words"))
    assert (edited.id, to_plain(edited.body)) == (made.id, "Other words")
    (read,) = await tracker.read_comments(issue)
    assert (to_plain(read.body), read.marker) == ("Other words", made.marker)
    await tracker.delete_comment(issue, made.id)
    assert await tracker.read_comments(issue) == ()
    assert not await tracker.comment_exists(issue, made.id)
    await tracker.delete_comment(issue, made.id)


async def test_comments_stay_in_order_and_beside_those_of_people(
    site: Site, tracker: Tracker, draft
) -> None:
    issue = (await tracker.create(draft())).ref.id
    expected = []
    for number in range(7):
        if number % 2:
            await site.hands.comment(issue, f"Comment {number}")
        else:
            await tracker.add_comment(issue, CommentDraft(plain(f"Comment {number}"), f"c{number}"))
        expected.append(f"Comment {number}")
    read = await site.open(**site.small_pages).read_comments(issue)
    assert [to_plain(comment.body) for comment in read] == expected
    assert len({comment.id for comment in read}) == 7


async def test_an_internal_comment_stays_internal(tracker: Tracker, draft) -> None:
    if not tracker.capabilities.comment_internal:
        pytest.skip("the tracker has no internal comments, says its manifest")
    issue = (await tracker.create(draft())).ref.id
    made = await tracker.add_comment(issue, CommentDraft(plain("Hush"), "c-1", internal=True))
    await tracker.edit_comment(issue, made.id, plain("Hush, hush"))
    (read,) = await tracker.read_comments(issue)
    assert (made.internal, read.internal) == (True, True)


@pytest.mark.usefixtures("takes_files")
async def test_an_attachment_goes_up_and_down(tracker: Tracker, draft) -> None:
    issue = (await tracker.create(draft())).ref.id
    whole = [bytes([number]) * 100_000 for number in range(11)]
    size = sum(map(len, whole))
    file = AttachmentDraft("naïve plan 計画 (1).bin", size, "application/x-thing", "a-1")
    made = await tracker.add_attachment(issue, file, content(*whole))
    assert (made.filename, made.size) == (file.filename, size)
    assert (await tracker.read(issue, ALL_PARTS)).attachments == (made,)
    assert await bytes_of(tracker, issue, made.id) == b"".join(whole)
    assert await tracker.attachment_exists(issue, made.id)
    await tracker.delete_attachment(issue, made.id)
    assert not await tracker.attachment_exists(issue, made.id)
    assert (await tracker.read(issue, ALL_PARTS)).attachments == ()
    await tracker.delete_attachment(issue, made.id)


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"b;c\r\nX: y.txt', "x" * 200 + ".txt"])
@pytest.mark.usefixtures("takes_files")
async def test_hostile_names_of_files_do_no_harm(tracker: Tracker, draft, name: str) -> None:
    issue = (await tracker.create(draft())).ref.id
    file = AttachmentDraft(name, 4, "text/plain\r\nX-Evil: 1", "a-1")
    made = await tracker.add_attachment(issue, file, content(b"data"))
    assert made.filename
    assert await bytes_of(tracker, issue, made.id) == b"data"


@pytest.mark.usefixtures("takes_files")
async def test_content_that_breaks_off_makes_no_attachment(
    tracker: Tracker, draft, refusal
) -> None:
    issue = (await tracker.create(draft())).ref.id
    file = AttachmentDraft("cut.bin", 10, "application/octet-stream", "a-1")
    await refusal(tracker.add_attachment(issue, file, content(b"short")))
    assert (await tracker.read(issue, ALL_PARTS)).attachments == ()


async def test_a_tracker_without_files_says_so(tracker: Tracker, draft, refusal) -> None:
    if tracker.capabilities.attachment_upload:
        pytest.skip("the tracker takes files, says its manifest")
    issue = (await tracker.create(draft())).ref.id
    file = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")
    error = await refusal(tracker.add_attachment(issue, file, content(b"data")))
    assert error.fault in (Fault.VALIDATION, Fault.CONFIGURATION)
    assert error.remedy


async def test_time_is_recorded_edited_and_removed(tracker: Tracker, draft, site: Site) -> None:
    if not tracker.capabilities.worklogs:
        pytest.skip("the tracker keeps no time, says its manifest")
    logs: Worklogs = tracker  # type: ignore[assignment]
    issue = (await tracker.create(draft())).ref.id
    started = 20_484 * DAY
    made = await logs.add_worklog(issue, WorklogDraft(5400, started, "w-1", plain("Looked")))
    assert (made.seconds, made.started // DAY) == (5400, 20_484)
    assert (await tracker.read(issue, ALL_PARTS)).worklogs == (made,)
    edited = await logs.edit_worklog(issue, made.id, WorklogDraft(3600, started, "w-1"))
    assert (edited.id, edited.seconds) == (made.id, 3600)
    await logs.delete_worklog(issue, made.id)
    assert (await tracker.read(issue, ALL_PARTS)).worklogs == ()
    await logs.delete_worklog(issue, made.id)
