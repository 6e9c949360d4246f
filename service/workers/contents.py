"""Contents of attachments: what a reconcile asks for, and what peers ask of us."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

from adapters.port import ByteStream
from schemas.errors import Fault, InputError, TrackerError
from schemas.node import Activity
from schemas.peer import Declined
from schemas.replica import ReplicaAttachment
from schemas.twin import Twin
from schemas.values import Millis
from service.peers.port import OutgoingContent
from service.store import activity, attachments, twins
from service.store.attachments import AttachmentRequest
from service.store.store import Store
from service.workers.bench import OpenContent
from service.workers.roster import LiveConnection, Roster

CHUNK = 1 << 18


def _tell_nobody(peer: str, declined: Declined) -> None:
    """Of a node that has no peers."""


class LocalContents:
    """Where a reconcile finds the bytes of the other side's attachments. `tell` notes what a peer
    (by node id) is to be told."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        ring_peer: Callable[[str], None],
        *,
        tell: Callable[[str, Declined], None] = _tell_nobody,
        now: Callable[[], Millis],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._roster = roster
        self._ring_peer = ring_peer
        self._tell = tell
        self._now = now
        self._new_id = new_id

    async def find(self, twin: Twin, file: ReplicaAttachment) -> OpenContent | None:
        live = self._roster.connections[twin.connection]
        if live.record.counterpart:
            return self._from_other_end(live, twin, file)
        request = await self._store.write(lambda c: self._asked(c, live, twin, file))
        if request.state == "here":
            return _open_file(Path(request.path))
        if request.state in ("failed", "spoilt"):
            # The next attempt asks afresh.
            await self._store.write(lambda c: attachments.remove(c, request.id))
            raise _undelivered(file, request)
        self._ring_peer(live.record.peer)
        return None

    def _asked(
        self, c: sa.Connection, live: LiveConnection, twin: Twin, file: ReplicaAttachment
    ) -> AttachmentRequest:
        request = AttachmentRequest(
            id=self._new_id(),
            peer=live.record.peer,
            connection=twin.connection,
            twin=twin.id,
            attachment=file.id,
            filename=file.filename,
            size=file.size,
            created=self._now(),
        )
        attachments.add_if_absent(c, request)
        return attachments.find(c, twin.connection, twin.id, file.id) or request

    def _from_other_end(
        self, live: LiveConnection, twin: Twin, file: ReplicaAttachment
    ) -> OpenContent:
        other = self._roster.connections[live.record.counterpart]
        tracker = self._roster.connectors[other.record.connector].tracker

        async def open_content() -> ByteStream:
            async def stream() -> AsyncIterator[bytes]:
                async with tracker.open_attachment(twin.remote_issue, file.id) as content:
                    async for chunk in content:
                        yield chunk

            return stream()

        return open_content

    async def decline(self, twin: Twin, file: ReplicaAttachment, reason: str) -> None:
        """The side that has the file learns why it does not arrive here."""
        live = self._roster.connections[twin.connection]
        if live.record.counterpart:
            entry = Activity(
                at=self._now(),
                event="attachment.declined_there",
                connection=live.record.counterpart,
                twin=twin.id,
                detail={"filename": file.filename, "reason": reason},
            )
            await self._store.write(lambda c: activity.append(c, entry))
            return
        declined = Declined(
            live.record.shared, twin.id, file.id, file.filename[:1_024], reason[:1_024]
        )
        self._tell(live.record.peer, declined)
        self._ring_peer(live.record.peer)

    async def release(self, twin: Twin, file: ReplicaAttachment) -> None:
        def work(c: sa.Connection) -> str:
            request = attachments.find(c, twin.connection, twin.id, file.id)
            if request is None:
                return ""
            attachments.remove(c, request.id)
            return request.path

        path = await self._store.write(work)
        if path:
            await asyncio.to_thread(Path(path).unlink, missing_ok=True)


class OwnAttachments:
    """What this node hands to a peer: only attachments that it has been shown."""

    def __init__(self, store: Store, roster: Roster) -> None:
        self._store = store
        self._roster = roster

    @asynccontextmanager
    async def open(
        self, peer: str, connection: str, twin: str, attachment: str
    ) -> AsyncIterator[OutgoingContent]:
        live = self._roster.shared_with(peer, connection)
        row = None
        if live is not None and live.record.status == "active":
            own = live.record.id
            row = await self._store.read(lambda c: twins.get(c, own, twin))
        if (
            live is None
            or row is None
            or row.state.issue is None
            or not shown(row.state, attachment)
        ):
            raise InputError("No such attachment was offered.", status=404)
        tracker = self._roster.connectors[live.record.connector].tracker
        async with tracker.open_attachment(row.state.issue.id, attachment) as stream:
            yield OutgoingContent(stream, None)


def shown(twin: Twin, attachment: str) -> bool:
    return any(
        t.local_id == attachment and t.origin == "local" and t.version and not t.removed
        for t in twin.attachments
    )


def _undelivered(file: ReplicaAttachment, request: AttachmentRequest) -> TrackerError:
    if request.state == "spoilt":
        return TrackerError(
            Fault.VALIDATION,
            f"The attachment {file.filename!r} arrived twice with other content than was sent."
            f" {request.reason}",
            remedy="Ask the other side whether the file opens there, and to attach it anew if it"
            " does not; then retry.",
        )
    return TrackerError(
        Fault.NOT_FOUND,
        f"The other side could not deliver {file.filename!r}: {request.reason}",
        remedy="Ask the other side to look at the attachment, then retry.",
    )


def _open_file(path: Path) -> OpenContent:
    async def open_content() -> ByteStream:
        async def stream() -> AsyncIterator[bytes]:
            file = await asyncio.to_thread(path.open, "rb")
            try:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    yield chunk
            finally:
                file.close()

        return stream()

    return open_content
