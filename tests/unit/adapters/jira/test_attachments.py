import hashlib
import resource

import pytest

from adapters.jira.simulator import Fault as SimulatedFault
from schemas.errors import Fault, PeerUnavailable
from schemas.issue import ALL_PARTS, AttachmentDraft

CHUNK = bytes(range(256)) * 1024


def opener(*chunks: bytes, failure: Exception | None = None):
    opened = []

    async def stream():
        for chunk in chunks:
            yield chunk
        if failure is not None:
            raise failure

    async def open_content():
        opened.append(1)
        return stream()

    return open_content, opened


def draft_of(name: str, size: int) -> AttachmentDraft:
    return AttachmentDraft(name, size, "application/x-test", "a-1")


async def content_of(tracker, issue, attachment) -> bytes:
    async with tracker.open_attachment(issue.ref.id, attachment.id) as chunks:
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("plain.txt", "plain.txt"),
        ("übung שלום 🚀.txt", "übung שלום 🚀.txt"),
        ('qu"ote\r\nX-Evil: 1.txt', "qu ote  X-Evil: 1.txt"),
        ("../../etc/passwd", ".. .. etc passwd"),
        ("100%.txt", "100%.txt"),
    ],
)
async def test_an_attachment_goes_up_and_comes_down(tracker, draft, name, kept) -> None:
    issue = await tracker.create(draft())
    open_content, _ = opener(b"Hello, ", b"", b"world")
    made = await tracker.add_attachment(issue.ref.id, draft_of(name, 12), open_content)
    assert (made.filename, made.size, made.mime) == (kept, 12, "application/x-test")
    read = await tracker.read(issue.ref.id, ALL_PARTS)
    assert read.attachments == (made,)
    assert read.version > issue.version
    assert await content_of(tracker, issue, made) == b"Hello, world"


async def test_an_empty_file_is_a_file(tracker, draft) -> None:
    issue = await tracker.create(draft())
    open_content, _ = opener()
    made = await tracker.add_attachment(issue.ref.id, draft_of("empty", 0), open_content)
    assert await content_of(tracker, issue, made) == b""


async def test_a_deleted_attachment_is_gone_and_deleting_it_again_succeeds(tracker, draft) -> None:
    issue = await tracker.create(draft())
    open_content, _ = opener(b"x")
    made = await tracker.add_attachment(issue.ref.id, draft_of("x", 1), open_content)
    assert await tracker.attachment_exists(issue.ref.id, made.id)
    await tracker.delete_attachment(issue.ref.id, made.id)
    assert not await tracker.attachment_exists(issue.ref.id, made.id)
    await tracker.delete_attachment(issue.ref.id, made.id)
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).attachments == ()


async def test_existence_is_not_told_of_an_issue_out_of_sight(tracker, refusal) -> None:
    assert (await refusal(tracker.attachment_exists("999", "1"))).fault is Fault.NOT_FOUND


async def test_content_that_ends_early_leaves_nothing_behind(tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    open_content, _ = opener(CHUNK)
    wanted = draft_of("short", len(CHUNK) + 1)
    error = await refusal(tracker.add_attachment(issue.ref.id, wanted, open_content))
    assert error.fault is Fault.UNAVAILABLE
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).attachments == ()


async def test_a_failing_source_is_told_as_it_failed(tracker, draft) -> None:
    issue = await tracker.create(draft())
    open_content, _ = opener(CHUNK, failure=PeerUnavailable("The other node is away."))
    with pytest.raises(PeerUnavailable):
        await tracker.add_attachment(issue.ref.id, draft_of("x", 1 << 30), open_content)
    assert (await tracker.read(issue.ref.id, ALL_PARTS)).attachments == ()


async def test_a_limited_upload_opens_its_content_again(jira, tracker, draft, clock) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(status=429, method="POST", headers={"Retry-After": "1"}))
    open_content, opened = opener(CHUNK, CHUNK)
    made = await tracker.add_attachment(issue.ref.id, draft_of("x", 2 * len(CHUNK)), open_content)
    assert await content_of(tracker, issue, made) == CHUNK + CHUNK
    assert len(opened) == 2
    assert clock.pauses == [1.0]


async def test_an_upload_without_an_answer_is_unknown(jira, tracker, draft, refusal) -> None:
    issue = await tracker.create(draft())
    jira.fail_next(SimulatedFault(drop=True, after=True, method="POST"))
    open_content, _ = opener(b"x")
    error = await refusal(tracker.add_attachment(issue.ref.id, draft_of("x", 1), open_content))
    assert error.fault is Fault.UNKNOWN_OUTCOME
    assert len((await tracker.read(issue.ref.id, ALL_PARTS)).attachments) == 1


async def test_a_redirect_within_jira_is_followed(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    open_content, _ = opener(b"content")
    made = await tracker.add_attachment(issue.ref.id, draft_of("x", 7), open_content)
    jira.fail_next(
        SimulatedFault(
            status=302,
            path="/secure/",
            raw=b"",
            headers={"Location": f"/secure/attachment/{made.id}/elsewhere"},
        )
    )
    assert await content_of(tracker, issue, made) == b"content"


async def test_a_redirect_to_another_server_gets_no_credentials(
    jira, start_jira, tracker, draft, refusal
) -> None:
    other = await start_jira()
    issue = await tracker.create(draft())
    open_content, _ = opener(b"content")
    made = await tracker.add_attachment(issue.ref.id, draft_of("x", 7), open_content)
    away = {"Location": f"{other.url}/secure/attachment/1/x"}
    jira.fail_next(SimulatedFault(status=302, path="/secure/", raw=b"", headers=away))
    error = await refusal(content_of(tracker, issue, made))
    assert error.fault is Fault.CONFIGURATION
    assert not other.calls


async def test_another_base_url_of_jira_is_no_obstacle(jira, connect, draft) -> None:
    tracker = connect(jira, url=jira.url.replace("127.0.0.1", "localhost"))
    issue = await tracker.create(draft())
    open_content, _ = opener(b"content")
    made = await tracker.add_attachment(issue.ref.id, draft_of("x", 7), open_content)
    assert await content_of(tracker, issue, made) == b"content"


async def test_what_is_not_there_cannot_be_opened(tracker, refusal) -> None:
    async def opened() -> None:
        async with tracker.open_attachment("1", "4711"):
            raise AssertionError("opened")

    assert (await refusal(opened())).fault is Fault.NOT_FOUND


@pytest.mark.slow
async def test_two_hundred_megabytes_pass_with_memory_flat(jira, tracker, draft) -> None:
    issue = await tracker.create(draft())
    count = 800
    size = count * len(CHUNK)
    open_content, _ = opener(*[CHUNK] * count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = await tracker.add_attachment(issue.ref.id, draft_of("large", size), open_content)
    digest, received = hashlib.sha256(), 0
    async with tracker.open_attachment(issue.ref.id, made.id) as chunks:
        async for chunk in chunks:
            digest.update(chunk)
            received += len(chunk)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    expected = hashlib.sha256()
    for _ in range(count):
        expected.update(CHUNK)
    assert received == size == made.size
    assert digest.digest() == expected.digest()
    assert grown < 40_000  # KiB
