"""Attachments: streamed both ways, known by their numbers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import aiohttp

from adapters.alm import wire
from adapters.alm.client import AlmClient, segment
from adapters.alm.holds import Holds
from adapters.alm.ids import IssueId
from adapters.alm.moments import ServerClock
from adapters.alm.wire import Entity
from adapters.http import Call
from adapters.port import ByteStream
from schemas.errors import Fault, TrackerError
from schemas.issue import Attachment, AttachmentDraft

_ADD = "add an attachment"
_DOWNLOAD = "read an attachment"
_BYTES = "application/octet-stream"
_LONGEST_NAME = 200
_MOST = "2000"
_FIELDS = "id,name,file-size,last-modified"

OpenContent = Callable[[], Awaitable[ByteStream]]


class Attachments:
    def __init__(self, client: AlmClient, clock: ServerClock, holds: Holds) -> None:
        self._client = client
        self._holds = holds
        self._clock = clock

    async def of(self, issue: IssueId, found: Entity) -> tuple[Attachment, ...]:
        """Asked for only where the entity says that it has some."""
        return () if found.text("attachment") == "N" else await self.list(issue)

    async def list(self, issue: IssueId) -> tuple[Attachment, ...]:
        items: list[Entity] = []
        while True:
            asked = {
                "fields": _FIELDS,
                "page-size": _MOST,
                "start-index": str(len(items) + 1),
                "order-by": "{id[ASC]}",
            }
            page = await self._client.many(
                f"{issue.path}/attachments", asked, what="list the attachments"
            )
            items.extend(page.items)
            if not page.items or len(items) >= page.total:
                return tuple([await self._attachment(item) for item in items])

    async def add(
        self, issue: IssueId, draft: AttachmentDraft, open_content: OpenContent
    ) -> Attachment:
        """ALM knows each name once in an issue, so a second file of that name gets a number."""
        taken = {item.filename.casefold() for item in await self.list(issue)}
        name = _free(filename(draft.filename), taken)
        path = f"{issue.path}/attachments"
        form = self._client.form(path)
        call = Call(
            what=_ADD,
            path=self._client.place + path,
            method="POST",
            headers={"Accept": wire.MEDIA[form]},
            write=True,
        )
        form_of = partial(_multipart, name, _mime(draft.mime))
        async with self._holds.checked_out_for_files(issue):
            answer = await self._client.http.upload(call, draft.size, open_content, form_of)
        made = self._client.http.decode(call, answer, wire.MADE[form])
        return Attachment(
            id=made.id,
            filename=made.text("name") or name,
            size=int(made.text("file-size") or draft.size),
            created=await self._clock.to_millis(made.text("last-modified")),
        )

    @asynccontextmanager
    async def open(self, issue: IssueId, attachment_id: str) -> AsyncIterator[ByteStream]:
        call = Call(
            what=_DOWNLOAD,
            path=self._client.place + _path(issue, attachment_id),
            headers={"Accept": _BYTES},
        )
        async with self._client.http.download(call) as blocks:
            yield blocks

    async def exists(self, issue: IssueId, attachment_id: str) -> bool:
        return any(item.id == attachment_id for item in await self.list(issue))

    async def delete(self, issue: IssueId, attachment_id: str) -> None:
        try:
            path = _path(issue, attachment_id)
            async with self._holds.checked_out_for_files(issue):
                await self._client.act("DELETE", path, what="delete an attachment")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(issue, attachment_id):
                raise

    async def _attachment(self, item: Entity) -> Attachment:
        size = item.text("file-size")
        return Attachment(
            id=item.id,
            filename=item.text("name"),
            size=int(size) if size.isdigit() else 0,
            created=await self._clock.to_millis(item.text("last-modified")),
        )


def filename(name: str) -> str:
    """Without what file systems of Windows, on which ALM's servers and clients run, refuse."""
    clean = "".join(
        "_" if ord(sign) < 32 or sign in '/\\:*?"<>|' else sign for sign in name
    ).strip()
    if len(clean) > _LONGEST_NAME:
        stem, dot, ending = clean.rpartition(".")
        ending = dot + ending if stem and len(ending) < 20 else ""
        clean = clean[: _LONGEST_NAME - len(ending)] + ending
    return clean if clean.strip(".") else "attachment"


def _free(name: str, taken: set[str]) -> str:
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        free = f"{stem} ({number}){dot}{ending}"
    return free


def _multipart(name: str, mime: str, content: ByteStream) -> aiohttp.Payload:
    """ALM wants the file behind all other parts, and names as raw UTF-8."""
    writer = aiohttp.MultipartWriter("form-data")
    for key, value in (("filename", name), ("override-existing-attachment", "N")):
        part = writer.append(value)
        part.set_content_disposition("form-data", name=key)
    file = writer.append(content, {"Content-Type": mime})
    file.set_content_disposition("form-data", quote_fields=False, name="file", filename=name)
    return writer


def _path(issue: IssueId, attachment_id: str) -> str:
    return f"{issue.path}/attachments/{segment(attachment_id)}?by-id=true"


def _mime(mime: str) -> str:
    clean = "".join(mime.split())
    return clean if clean.isascii() and "/" in clean and ":" not in clean else _BYTES
