"""Takes in the contents of attachments that this node has asked for.

A content lies in the data folder under its hash from its arrival until it has been written to the
tracker; it is never whole in memory. What came of a stream that broke off stays for some days.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa
import structlog

from schemas.errors import PeerUnavailable
from schemas.events import Event, TwinDue
from schemas.node import Activity
from schemas.peer import AttachmentWanted
from schemas.values import Millis
from service.peers.port import IncomingContent
from service.peers.streams import ContentMismatch
from service.store import activity, attachments, twins
from service.store.attachments import AttachmentRequest
from service.store.store import Store
from service.workers.partial import PartialFile
from service.workers.roster import Roster

log = structlog.get_logger()

TIDY_SECONDS = 3600.0
_PART = ".part"


class Arrivals:
    """`partial_hours` is how long what broke off is kept."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        folder: Path,
        publish: Callable[[tuple[Event, ...]], Awaitable[None]],
        *,
        now: Callable[[], Millis],
        partial_hours: float = 72.0,
    ) -> None:
        self._store = store
        self._roster = roster
        self._folder = folder
        self._publish = publish
        self._now = now
        self.partial_hours = partial_hours
        self._writing: dict[str, object] = {}

    async def expected(self, peer: str, request: str) -> AttachmentWanted | None:
        found = await self._store.read(lambda c: attachments.get(c, request))
        if found is None or found.peer != peer or found.state != "wanted":
            return None
        live = self._roster.connections.get(found.connection)
        if live is None:
            return None
        return AttachmentWanted(
            found.id,
            live.record.shared,
            found.twin,
            found.attachment,
            limit=live.record.settings.attachment_limit,
            skip=await self._partial(request).size(),
        )

    async def accept(self, request: str, content: IncomingContent) -> None:
        part = self._partial(request)
        try:
            await self._write(request, part, content)
        except ContentMismatch as error:
            await part.remove()
            await self._mismatched(request, error)
            raise
        sha256 = content.sha256
        kept = self._folder / f"{request}-{sha256}"
        await part.become(kept)
        await self._ended(request, lambda c: attachments.mark_here(c, request, str(kept), sha256))
        log.info("attachment.arrived", request=request, sha256=sha256, resumed_at=content.start)

    async def fail(self, request: str, reason: str) -> None:
        await self._partial(request).remove()
        await self._ended(request, lambda c: attachments.mark_failed(c, request, reason))

    async def _write(self, request: str, part: PartialFile, content: IncomingContent) -> None:
        """The newest stream writes; one before it, whose line died unnoticed, stops."""
        token = self._writing[request] = object()
        try:
            file = await part.open_at(content.start, content.known)
            try:
                async for portion in content.stream():
                    if self._writing.get(request) is not token:
                        raise PeerUnavailable("A newer transfer has taken over.")
                    await file.write(portion)
                await file.sync()
            finally:
                await file.close()
        finally:
            if self._writing.get(request) is token:
                del self._writing[request]

    async def _mismatched(self, request: str, error: ContentMismatch) -> None:
        given_up = False

        def mark(c: sa.Connection) -> bool:
            nonlocal given_up
            given_up = attachments.note_mismatch(c, request, error.message)
            found = attachments.get(c, request)
            if found is not None:
                activity.append(c, _noted(found, error, self._now(), given_up=given_up))
            return given_up

        await self._ended(request, mark)
        log.warning("attachment.mismatch", request=request, cause=error.message, again=not given_up)

    async def _ended(self, request: str, mark: Callable[[sa.Connection], bool]) -> None:
        def work(c: sa.Connection) -> AttachmentRequest | None:
            if not mark(c):
                return None
            found = attachments.get(c, request)
            if found is not None:
                twins.set_due(c, found.connection, found.twin, self._now())
            return found

        found = await self._store.write(work)
        if found is not None:
            await self._publish((TwinDue(found.twin, found.connection),))

    async def tidy_up(self) -> None:
        """From time to time, until cancelled."""
        while True:
            await self.tidy()
            await asyncio.sleep(TIDY_SECONDS)

    async def tidy(self) -> int:
        """Removes files that nobody waits for; answers how many."""
        names = await asyncio.to_thread(_names, self._folder)
        removed = 0
        for name in names:
            request = name.removesuffix(_PART).partition("-")[0]
            found = await self._store.read(partial(attachments.get, id=request))
            path = self._folder / name
            if found is None or await asyncio.to_thread(self._expired, path):
                await PartialFile(path).remove()
                removed += 1
        if removed:
            log.info("attachment.tidied", files=removed)
        return removed

    def _expired(self, path: Path) -> bool:
        """Only what broke off expires: what is whole waits for its tracker."""
        if path.suffix != _PART or not path.exists():
            return False
        return self._now() - path.stat().st_mtime * 1000 > self.partial_hours * 3_600_000

    def _partial(self, request: str) -> PartialFile:
        return PartialFile(self._folder / f"{request}{_PART}")


def _names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def _noted(
    request: AttachmentRequest, error: ContentMismatch, at: Millis, *, given_up: bool
) -> Activity:
    return Activity(
        at=at,
        event="attachment.mismatch",
        connection=request.connection,
        twin=request.twin,
        detail={
            "filename": request.filename,
            "expected": error.expected[:12],
            "found": error.found[:12],
            "next": "waits for a person" if given_up else "is fetched once more",
        },
    )
