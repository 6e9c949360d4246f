"""Contents of attachments: what peers ask of us, and what we ask of them.

A content lies in the data folder under its hash from its arrival until it has been written to the
tracker; it is never whole in memory.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog

from adapters.port import ByteStream
from schemas.errors import Fault, InputError, TrackerError
from schemas.events import Event, TwinDue
from schemas.peer import AttachmentWanted
from schemas.replica import ReplicaAttachment
from schemas.twin import Twin
from schemas.values import Millis
from service.peers.port import OutgoingContent
from service.store import attachments, twins
from service.store.attachments import AttachmentRequest
from service.store.store import Store
from service.workers.bench import OpenContent
from service.workers.roster import LiveConnection, Roster

log = structlog.get_logger()

CHUNK = 1 << 18


class LocalContents:
    """Where a reconcile finds the bytes of the other side's attachments."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        ring_peer: Callable[[str], None],
        *,
        now: Callable[[], Millis],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._roster = roster
        self._ring_peer = ring_peer
        self._now = now
        self._new_id = new_id

    async def find(self, twin: Twin, file: ReplicaAttachment) -> OpenContent | None:
        live = self._roster.connections[twin.connection]
        if live.record.counterpart:
            return self._from_other_end(live, twin, file)
        request = await self._store.write(lambda c: self._asked(c, live, twin, file))
        if request.state == "here":
            return _open_file(Path(request.path))
        if request.state == "failed":
            # The next attempt asks afresh.
            await self._store.write(lambda c: attachments.remove(c, request.id))
            raise TrackerError(
                Fault.NOT_FOUND,
                f"The other side could not deliver {file.filename!r}: {request.reason}",
                remedy="Ask the other side to look at the attachment, then retry.",
            )
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
            or not _shown(row.state, attachment)
        ):
            raise InputError("No such attachment was offered.", status=404)
        tracker = self._roster.connectors[live.record.connector].tracker
        async with tracker.open_attachment(row.state.issue.id, attachment) as stream:
            yield OutgoingContent(stream, None)


class Arrivals:
    """Takes in the contents that this node has asked for."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        folder: Path,
        publish: Callable[[tuple[Event, ...]], Awaitable[None]],
        *,
        now: Callable[[], Millis],
    ) -> None:
        self._store = store
        self._roster = roster
        self._folder = folder
        self._publish = publish
        self._now = now

    async def expected(self, peer: str, request: str) -> AttachmentWanted | None:
        found = await self._store.read(lambda c: attachments.get(c, request))
        if found is None or found.peer != peer or found.state != "wanted":
            return None
        live = self._roster.connections.get(found.connection)
        if live is None:
            return None
        limit = live.record.settings.attachment_limit
        return AttachmentWanted(found.id, live.record.shared, found.twin, found.attachment, limit)

    async def accept(self, request: str, stream: ByteStream) -> None:
        partial = self._folder / f"{request}.part"
        try:
            sha256 = await _write(partial, stream)
            kept = self._folder / f"{request}-{sha256}"
            await asyncio.to_thread(partial.replace, kept)
        finally:
            await asyncio.to_thread(partial.unlink, missing_ok=True)
        await self._arrived(request, lambda c: attachments.mark_here(c, request, str(kept), sha256))
        log.info("attachment.arrived", request=request, sha256=sha256)

    async def fail(self, request: str, reason: str) -> None:
        await self._arrived(request, lambda c: attachments.mark_failed(c, request, reason))

    async def _arrived(self, request: str, mark: Callable[[sa.Connection], bool]) -> None:
        def work(c: sa.Connection) -> AttachmentRequest | None:
            mark(c)
            found = attachments.get(c, request)
            if found is not None:
                twins.set_due(c, found.connection, found.twin, self._now())
            return found

        found = await self._store.write(work)
        if found is not None:
            await self._publish((TwinDue(found.twin, found.connection),))


def _shown(twin: Twin, attachment: str) -> bool:
    return any(
        t.local_id == attachment and t.origin == "local" and t.version and not t.removed
        for t in twin.attachments
    )


async def _write(path: Path, stream: ByteStream) -> str:
    """To disk, synced; answers the SHA-256."""
    digest = hashlib.sha256()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        async for chunk in stream:
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    return digest.hexdigest()


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
