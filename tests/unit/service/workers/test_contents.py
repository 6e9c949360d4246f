"""Bytes of attachments: asked for, kept until written, and given only of what was shown."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import InputError
from schemas.events import TwinDue
from schemas.replica import Replica, ReplicaAttachment, TwinMessage
from service.store import attachments, twins
from service.sync.intake import merge_messages
from service.workers.contents import Arrivals, OwnAttachments

FILE = ReplicaAttachment("far-file", "../../etc/passwd ☃.txt", 11)


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.fixture
def arrivals(private: Any, tmp_path: Path) -> Arrivals:
    folder = tmp_path / "attachments"
    return Arrivals(private.store, private.roster, folder, private.publish, now=private.now)


async def offered(shop: Any) -> Any:
    """A twin whose other side has an attachment; answers our request for its bytes."""
    message = TwinMessage("t", "far", 1, 0, Replica({"summary": "s"}, attachments=(FILE,)))
    await shop.store.write(
        lambda c: twins.receive(c, "c", "t", "a", message, merge_messages, shop.now())
    )
    await shop.worker.handle((TwinDue("t", "c"),))
    (request,) = await shop.store.read(lambda c: attachments.open_for(c, "peer", 10))
    return request


def files(shop: Any) -> list[tuple[str, bytes]]:
    (issue,) = shop.trackers["a"].issues.values()
    return [(file.filename, content) for file, content in issue.files.values()]


async def test_an_attachment_is_asked_for_and_written_when_it_arrives(
    private, arrivals, tmp_path
) -> None:
    request = await offered(private)
    assert "peer" in private.peers
    assert files(private) == []
    wanted = await arrivals.expected("peer", request.id)
    assert (wanted.connection, wanted.attachment) == ("shared", "far-file")
    await arrivals.accept(request.id, stream(b"hello ", b"world"))
    (kept,) = (tmp_path / "attachments").iterdir()
    assert kept.name == f"{request.id}-{hashlib.sha256(b'hello world').hexdigest()}"
    assert private.published == [TwinDue("t", "c")]
    await private.worker.handle(private.published)
    assert files(private) == [(FILE.filename, b"hello world")]
    assert list((tmp_path / "attachments").iterdir()) == []
    assert await arrivals.expected("peer", request.id) is None


async def test_nothing_is_kept_of_a_stream_that_breaks(private, arrivals, tmp_path) -> None:
    request = await offered(private)

    async def broken() -> AsyncIterator[bytes]:
        yield b"hel"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await arrivals.accept(request.id, broken())
    assert list((tmp_path / "attachments").iterdir()) == []
    assert await arrivals.expected("peer", request.id) is not None


async def test_another_peer_can_deliver_nothing(private, arrivals) -> None:
    request = await offered(private)
    assert await arrivals.expected("stranger", request.id) is None
    assert await arrivals.expected("peer", "no such request") is None


async def test_what_will_not_come_is_tried_again_later(private, arrivals) -> None:
    request = await offered(private)
    await arrivals.fail(request.id, "deleted there")
    await private.worker.handle((TwinDue("t", "c"),))
    row = await private.row("c", "t")
    assert (row.attempts, row.due_at) == (1, private.at + 1_000)
    private.at += 1_000
    await private.worker.handle((TwinDue("t", "c"),))
    (again,) = await private.store.read(lambda c: attachments.open_for(c, "peer", 10))
    assert again.id != request.id


async def test_only_what_a_peer_was_shown_is_given_to_it(private, issue_of) -> None:
    tracker = private.trackers["a"]
    issue = issue_of(tracker)
    shown = tracker.person_attaches(issue, "shown.txt", b"shown")
    twin = await private.sync("c", issue)
    hidden = tracker.person_attaches(issue, "new.txt", b"not yet shown")
    source = OwnAttachments(private.store, private.roster)
    async with source.open("peer", "shared", twin, shown) as content:
        assert [chunk async for chunk in content.stream] == [b"shown"]
    for asked in (
        ("peer", "shared", twin, hidden),
        ("peer", "shared", "no such twin", shown),
        ("peer", "other", twin, shown),
        ("stranger", "shared", twin, shown),
    ):
        with pytest.raises(InputError):
            async with source.open(*asked):
                pass
