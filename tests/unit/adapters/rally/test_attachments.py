"""Attachments: base64 in blocks, the limit, and what a failure between the two steps leaves."""

import tracemalloc
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.rally import base64_stream
from adapters.rally.simulator import Fault as Trouble
from schemas.errors import Fault, TrackerError
from schemas.issue import ALL_PARTS, AttachmentDraft
from tests.contract.trackers.test_parts import bytes_of, content

FILE = AttachmentDraft("plan.txt", 4, "text/plain", "a-1")


async def stream(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def sent(data: bytes, size: int) -> bytes:
    return b"".join([block async for block in base64_stream._encoded(stream(data, size))])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 50), st.integers(1, 50))
async def test_any_bytes_come_back_whatever_the_blocks(data: bytes, up: int, down: int) -> None:
    whole = await sent(data, up)
    assert len(whole) == base64_stream.length(len(data))
    assert b64encode(data) in whole
    got = [block async for block in base64_stream.decoded(stream(whole, down), "read")]
    assert b"".join(got) == data


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
async def test_line_ends_and_escapes_of_other_writers_are_understood(size: int) -> None:
    data = bytes(range(256)) * 3
    lines = b64encode(data).replace(b"/", b"\\/")
    text = b"\\r\\n".join(lines[at : at + 76] for at in range(0, len(lines), 76))
    text = text.replace(b"\\\\r", b"\\r")
    whole = b'{"AttachmentContent": {"_type": "x", "Content" : "' + text + b'", "Errors": []}}'
    if b"\\\\" in whole:
        pytest.fail("the sample is no JSON")
    got = [block async for block in base64_stream.decoded(stream(whole, size), "read")]
    assert b"".join(got) == data


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b'{"OperationResult": {"Errors": ["Cannot find object to read"]}}', Fault.NOT_FOUND),
        (b'{"AttachmentContent": {"Content": "AAAA', Fault.UNAVAILABLE),
        (b'{"AttachmentContent": {"Content": "!!!!"}}', Fault.UNAVAILABLE),
        (b"<html>", Fault.UNAVAILABLE),
        (b"", Fault.UNAVAILABLE),
    ],
)
async def test_what_is_no_content_is_an_error(answer: bytes, fault: Fault) -> None:
    with pytest.raises(TrackerError) as raised:
        async for _ in base64_stream.decoded(stream(answer, 7), "read an attachment"):
            pass
    assert raised.value.fault is fault


async def test_a_large_file_is_never_whole_in_memory() -> None:
    block, count = b"\xff" * 65_536, 320

    async def large() -> AsyncIterator[bytes]:
        for _ in range(count):
            yield block

    async def encoded() -> AsyncIterator[bytes]:
        async for part in base64_stream._encoded(large()):
            yield part

    tracemalloc.start()
    seen = 0
    async for part in base64_stream.decoded(encoded(), "read"):
        seen += len(part)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == len(block) * count
    assert peak < 2_000_000


async def test_a_file_over_rallys_limit_is_refused_before_it_is_sent(
    rally, tracker, draft, refusal
) -> None:
    made = await tracker.create(draft())
    large = AttachmentDraft("film.mp4", 50_000_001, "video/mp4", "a-1")
    error = await refusal(tracker.add_attachment(made.ref.id, large, content(b"")))
    assert (error.fault, error.field) == (Fault.VALIDATION, "attachments")
    assert "50000000" in error.message
    assert not any("attachmentcontent" in call for call in rally.calls)


async def test_content_that_is_tied_to_nothing_is_taken_away(
    rally, tracker, draft, refusal
) -> None:
    made = await tracker.create(draft())
    body = {"CreateResult": {"Errors": ["Validation error: Attachment.Name"], "Warnings": []}}
    rally.fail_next(Trouble(status=200, method="POST", path="/attachment/create", body=body))
    error = await refusal(tracker.add_attachment(made.ref.id, FILE, content(b"data")))
    assert error.fault is Fault.VALIDATION
    assert not rally.state.of_type["AttachmentContent"]
    assert (await tracker.read(made.ref.id, ALL_PARTS)).attachments == ()


async def test_a_lost_answer_to_the_upload_alone_shows_nothing_to_anybody(
    rally, tracker, draft, refusal
) -> None:
    made = await tracker.create(draft())
    path = "/attachmentcontent/create"
    rally.fail_next(Trouble(status=500, method="POST", path=path, after=True))
    error = await refusal(tracker.add_attachment(made.ref.id, FILE, content(b"data")))
    assert error.fault is Fault.UNAVAILABLE
    assert (await tracker.read(made.ref.id, ALL_PARTS)).attachments == ()
    held = await tracker.add_attachment(made.ref.id, FILE, content(b"data"))
    assert (await tracker.read(made.ref.id, ALL_PARTS)).attachments == (held,)


async def test_a_download_of_a_file_that_was_not_listed_before(connect, tracker, draft) -> None:
    made = await tracker.create(draft())
    held = await tracker.add_attachment(made.ref.id, FILE, content(b"da", b"ta"))
    assert await bytes_of(connect(), made.ref.id, held.id) == b"data"


async def test_an_empty_file_goes_up_and_down(tracker, draft) -> None:
    made = await tracker.create(draft())
    empty = AttachmentDraft("empty.txt", 0, "text/plain", "a-1")
    held = await tracker.add_attachment(made.ref.id, empty, content())
    assert (held.size, await bytes_of(tracker, made.ref.id, held.id)) == (0, b"")


@pytest.mark.parametrize("wrong", ["abc", "0", "../5", ""])
async def test_what_is_no_attachment_is_not_found(tracker, draft, wrong: str) -> None:
    made = await tracker.create(draft())
    assert not await tracker.attachment_exists(made.ref.id, wrong)
    await tracker.delete_attachment(made.ref.id, wrong)
