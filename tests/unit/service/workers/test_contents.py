"""Bytes of attachments: asked for, kept until written, and given only of what was shown."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.errors import InputError, PeerUnavailable, StoreUnavailable
from schemas.events import TwinDue
from schemas.node import Peer
from schemas.peer import Declined, Unavailable
from schemas.replica import Replica, ReplicaAttachment, TwinMessage
from service.peers.identity import NodeIdentity
from service.peers.port import Incoming
from service.peers.streams import ContentMismatch
from service.store import activity, attachments, connections, parked, peers, twins
from service.store.attachments import AttachmentRequest
from service.sync.intake import merge_messages
from service.workers import partial
from service.workers.arrivals import Arrivals
from service.workers.contents import OwnAttachments
from service.workers.feed_store import FeedDesk
from service.workers.roster import touch

FILE = ReplicaAttachment("far-file", "../../etc/passwd ☃.txt", 11)
OURS = NodeIdentity.generate(os.urandom)


class Content:
    """Plays the part of an opened stream; `breaks` is raised after the chunks."""

    def __init__(self, *chunks: bytes, start: int = 0, breaks: Exception | None = None) -> None:
        self.chunks = chunks
        self.start = start
        self.breaks = breaks
        self.hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self.hash.hexdigest()

    def known(self, content: bytes) -> None:
        self.hash.update(content)

    async def stream(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            self.hash.update(chunk)
            yield chunk
        if self.breaks is not None:
            raise self.breaks


@pytest.fixture
def private_arrivals(private: Any, tmp_path: Path) -> Callable[[], Arrivals]:
    """Each call begins anew, as a restarted node does."""
    folder = tmp_path / "attachments"
    return lambda: Arrivals(private.store, private.roster, folder, private.publish, now=private.now)


@pytest.fixture
def arrivals(private_arrivals: Callable[[], Arrivals]) -> Arrivals:
    return private_arrivals()


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
    await arrivals.accept(request.id, Content(b"hello ", b"world"))
    (kept,) = (tmp_path / "attachments").iterdir()
    assert kept.name == f"{request.id}-{hashlib.sha256(b'hello world').hexdigest()}"
    assert private.published == [TwinDue("t", "c")]
    await private.worker.handle(private.published)
    assert files(private) == [(FILE.filename, b"hello world")]
    assert list((tmp_path / "attachments").iterdir()) == []
    assert await arrivals.expected("peer", request.id) is None


BROKEN = PeerUnavailable("The line broke.")


async def test_what_broke_off_is_kept_also_over_a_restart(
    private, arrivals, tmp_path, private_arrivals
) -> None:
    request = await offered(private)
    with pytest.raises(PeerUnavailable):
        await arrivals.accept(request.id, Content(b"hello ", breaks=BROKEN))
    restarted = private_arrivals()
    wanted = await restarted.expected("peer", request.id)
    assert wanted.skip == 6
    await restarted.accept(request.id, Content(b"world", start=6))
    (kept,) = (tmp_path / "attachments").iterdir()
    assert kept.read_bytes() == b"hello world"
    assert kept.name.endswith(hashlib.sha256(b"hello world").hexdigest())
    await private.worker.handle(private.published)
    assert files(private) == [(FILE.filename, b"hello world")]


async def test_a_stream_from_the_beginning_replaces_what_was_kept(private, arrivals) -> None:
    request = await offered(private)
    with pytest.raises(PeerUnavailable):
        await arrivals.accept(request.id, Content(b"something longer", breaks=BROKEN))
    await arrivals.accept(request.id, Content(b"hello world"))
    await private.worker.handle(private.published)
    assert files(private) == [(FILE.filename, b"hello world")]


async def test_a_wrong_hash_is_fetched_once_more_and_then_told(private, arrivals, tmp_path) -> None:
    request = await offered(private)
    wrong = ContentMismatch("ab" * 32, "cd" * 32)
    with pytest.raises(ContentMismatch):
        await arrivals.accept(request.id, Content(b"hello w0rld", breaks=wrong))
    assert private.published == []
    assert (await arrivals.expected("peer", request.id)).skip == 0
    with pytest.raises(ContentMismatch):
        await arrivals.accept(request.id, Content(b"hello w0rld", breaks=wrong))
    assert await arrivals.expected("peer", request.id) is None
    assert list((tmp_path / "attachments").iterdir()) == []
    await private.worker.handle(private.published)
    (entry,) = await private.store.read(lambda c: parked.page(c, limit=10))
    for words in (FILE.filename, "ab" * 6, "cd" * 6, "twice"):
        assert words in entry.message
    assert "attach it anew" in entry.remedy
    events = [row.activity for row in await private.store.read(activity.page)]
    noted = [each.detail for each in events if each.event == "attachment.mismatch"]
    assert sorted(detail["next"] for detail in noted) == [
        "is fetched once more", "waits for a person"
    ]  # fmt: skip


async def test_the_newest_of_two_transfers_goes_on(private, arrivals) -> None:
    request = await offered(private)
    meanwhile = asyncio.Event()

    class Slow(Content):
        async def stream(self) -> AsyncIterator[bytes]:
            yield b"hello "
            await meanwhile.wait()
            yield b"wrong"

    older = asyncio.create_task(arrivals.accept(request.id, Slow()))
    async with asyncio.timeout(5):
        while (await arrivals.expected("peer", request.id)).skip < 6:
            await asyncio.sleep(0)
    newer = Content(b"world", start=6)
    await arrivals.accept(request.id, newer)
    meanwhile.set()
    with pytest.raises(PeerUnavailable, match="newer"):
        await older
    await private.worker.handle(private.published)
    assert files(private) == [(FILE.filename, b"hello world")]


async def test_a_full_disk_is_told_and_keeps_what_came(private, arrivals, monkeypatch) -> None:
    request = await offered(private)
    with pytest.raises(PeerUnavailable):
        await arrivals.accept(request.id, Content(b"hello ", breaks=BROKEN))

    def full(path: Path, start: int) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(partial, "_open", full)
    with pytest.raises(StoreUnavailable, match="no room for an attachment") as caught:
        await arrivals.accept(request.id, Content(b"world", start=6))
    assert "Free space" in caught.value.remedy
    monkeypatch.undo()
    assert (await arrivals.expected("peer", request.id)).skip == 6


async def test_what_nobody_waits_for_is_tidied_away(private, arrivals, tmp_path) -> None:
    request = await offered(private)
    folder = tmp_path / "attachments"
    folder.mkdir()
    for name in (f"{request.id}.part", "gone.part", "gone-0123"):
        (folder / name).write_bytes(b"hello ")
    private.at = int((folder / "gone.part").stat().st_mtime * 1000)
    assert await arrivals.tidy() == 2
    assert [each.name for each in folder.iterdir()] == [f"{request.id}.part"]
    private.at += 73 * 3_600_000
    assert await arrivals.tidy() == 1
    assert (await arrivals.expected("peer", request.id)).skip == 0


async def test_a_loss_that_the_peer_tells_reaches_the_twin_that_waits(private) -> None:
    request = await offered(private)
    desk = FeedDesk(
        private.store, private.roster, OURS, private.publish, dry_runs=private.dry_runs(OURS),
        changed=private.roster.reload, now=private.now, new_id=private.new_id,
    )  # fmt: skip
    lost = Incoming("e", 0, 0, (), 0, "", (), (Unavailable(request.id, "was deleted"),))
    other = Peer("other", "initech", b"", b"", "e")
    await private.store.write(lambda c: peers.add(c, other))
    await desk.take("other", lost)
    assert private.published == []
    await desk.take("peer", lost)
    assert private.published == [TwinDue("t", "c")]
    found = await private.store.read(lambda c: attachments.get(c, request.id))
    assert (found.state, found.reason) == ("failed", "was deleted")


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


async def limit(shop: Any, connection: str, size: int) -> None:
    record = shop.roster.connections[connection].record
    changed = msgspec.structs.replace(record.settings, attachment_limit=size)

    def work(c: Any) -> None:
        connections.update_settings(c, connection, changed, shop.now())
        touch(c)

    await shop.store.write(work)
    await shop.roster.reload()


async def test_a_file_over_the_limit_is_left_out_and_the_other_side_told_why(private) -> None:
    await limit(private, "c", 10)
    message = TwinMessage("t", "far", 1, 0, Replica({"summary": "s"}, attachments=(FILE,)))
    await private.store.write(
        lambda c: twins.receive(c, "c", "t", "a", message, merge_messages, private.now())
    )
    await private.worker.handle((TwinDue("t", "c"),))
    ((peer, told),) = private.told
    assert (peer, told.connection, told.twin, told.attachment) == (
        "peer", "shared", "t", "far-file"
    )  # fmt: skip
    assert told.filename == FILE.filename
    assert "11 bytes; the connection takes 10" in told.reason
    assert not await private.store.read(lambda c: attachments.open_for(c, "peer"))
    (row,) = await private.store.read(lambda c: activity.page(c, connection="c"))
    reasons = [note.get("reason") for note in row.activity.detail["notes"]]
    assert told.reason in reasons
    # Once is enough.
    await private.worker.handle((TwinDue("t", "c"),))
    assert len(private.told) == 1


async def test_both_ends_of_a_local_connection_tell_of_a_file_that_is_left_out(
    local, issue_of
) -> None:
    await limit(local, "a-b.b", 4)
    issue = issue_of(local.trackers["a"])
    local.trackers["a"].person_attaches(issue, "big.zip", b"shown")
    await local.sync("a-b.a", issue)
    await local.rest()
    (noted,) = await notes(local, "attachment.declined_there", "a-b.a")
    assert noted["filename"] == "big.zip"
    assert local.told == []


async def notes(shop: Any, event: str, connection: str = "c") -> list[dict[str, Any]]:
    rows = await shop.store.read(lambda c: activity.page(c, connection=connection))
    return [row.activity.detail for row in rows if row.activity.event == event]


async def test_what_the_other_side_leaves_out_is_noted_of_what_it_was_shown(
    private, issue_of
) -> None:
    tracker = private.trackers["a"]
    issue = issue_of(tracker)
    shown = tracker.person_attaches(issue, "big.zip", b"shown")
    twin = await private.sync("c", issue)
    desk = FeedDesk(
        private.store, private.roster, OURS, private.publish, dry_runs=private.dry_runs(OURS),
        changed=private.roster.reload, now=private.now, new_id=private.new_id,
    )  # fmt: skip
    true = Declined("shared", twin, shown, "big.zip", "It has 5 bytes;\nthe connection takes 4.")
    invented = (
        Declined("shared", twin, "no such file", "x", "y"),
        Declined("shared", "no such twin", shown, "x", "y"),
        Declined("no such connection", twin, shown, "x", "y"),
    )
    await desk.take("peer", Incoming("e", 0, 0, (), 0, "", (), (), (true, *invented)))
    assert await notes(private, "attachment.declined_there") == [
        {"filename": "big.zip", "reason": "It has 5 bytes; the connection takes 4."}
    ]


async def test_a_connection_that_rests_asks_for_no_files_and_crowds_out_none(private) -> None:
    await private.add_connection("d", "a", shared="other", name="d")
    await private.roster.reload()

    def ask(c: Any, connection: str, number: int) -> None:
        found = AttachmentRequest(
            f"{connection}-{number}", "peer", connection, "t", f"f{number}", "x", 1, private.at
        )
        attachments.add_if_absent(c, found)

    def many(c: Any) -> None:
        for number in range(40):
            ask(c, "c", number)
        ask(c, "d", 0)
        connections.set_status(c, "c", "paused", "", private.at)
        touch(c)

    await private.store.write(many)
    await private.roster.reload()
    desk = FeedDesk(
        private.store, private.roster, OURS, private.publish, dry_runs=private.dry_runs(OURS),
        changed=private.roster.reload, now=private.now, new_id=private.new_id,
    )  # fmt: skip
    outgoing = await desk.give("peer", max_bytes=1 << 20, max_items=0)
    assert [each.request for each in outgoing.requests] == ["d-0"]


async def test_kept_files_of_a_removed_connection_are_tidied_away(
    private, arrivals, tmp_path
) -> None:
    request = await offered(private)
    await arrivals.accept(request.id, Content(b"hello world"))
    assert [each.name for each in (tmp_path / "attachments").iterdir()]
    await private.store.write(lambda c: connections.remove(c, "c"))
    assert await arrivals.tidy() == 1
    assert not list((tmp_path / "attachments").iterdir())
