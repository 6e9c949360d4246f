"""Attachments: streamed both ways, never whole in memory."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

from adapters.jira import answers, mapping, wire
from adapters.jira.client import JiraClient, segment
from adapters.port import ByteStream
from schemas.errors import Fault, TrackerError
from schemas.issue import Attachment, AttachmentDraft

_SECURE = "/secure/attachment/"
_UPLOAD = "add an attachment"
_DOWNLOAD = "read an attachment"

OpenContent = Callable[[], Awaitable[ByteStream]]


class Attachments:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    async def add(
        self, issue_id: str, draft: AttachmentDraft, open_content: OpenContent
    ) -> Attachment:
        upload = _Upload(draft, open_content)
        path = f"/issue/{segment(issue_id)}/attachments"
        try:
            body = await self._client.upload(path, upload.body, what=_UPLOAD)
        except TrackerError:
            if upload.failure is not None:
                # Our side broke off, so Jira never saw the end of the request.
                raise upload.failure from None
            raise
        made = wire.read(wire.attachments, body, _UPLOAD)
        if len(made) != 1:
            raise TrackerError(
                Fault.UNKNOWN_OUTCOME,
                f"Jira answered an upload with {len(made)} attachments.",
                remedy="Nothing to do: the issue is looked at before the upload is repeated.",
            )
        return mapping.to_attachment(made[0])

    @asynccontextmanager
    async def open(self, attachment_id: str) -> AsyncIterator[ByteStream]:
        found = await self._meta(attachment_id)
        async with self._client.download(self._address(found), what=_DOWNLOAD) as chunks:
            yield chunks

    async def exists(self, issue_id: str, attachment_id: str) -> bool:
        try:
            await self._meta(attachment_id)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # The same answer comes when the issue itself is out of sight.
            await self._client.get(
                f"/issue/{segment(issue_id)}", {"fields": "updated"}, what="read the issue"
            )
            return False
        return True

    async def delete(self, issue_id: str, attachment_id: str) -> None:
        try:
            await self._client.write(
                "DELETE", f"/attachment/{segment(attachment_id)}", what="delete an attachment"
            )
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(issue_id, attachment_id):
                raise

    async def _meta(self, attachment_id: str) -> answers.Attachment:
        body = await self._client.get(f"/attachment/{segment(attachment_id)}", what=_DOWNLOAD)
        return wire.read(wire.attachment, body, _DOWNLOAD)

    def _address(self, found: answers.Attachment) -> str:
        """Jira writes its own base URL, which need not be the one we reach it by."""
        path = urlsplit(found.content).path
        _, mark, rest = path.partition(_SECURE)
        return self._client.base + mark + rest if mark else found.content


class _Upload:
    """One multipart body; remembers when our own content failed."""

    def __init__(self, draft: AttachmentDraft, open_content: OpenContent) -> None:
        self._draft = draft
        self._open_content = open_content
        self.failure: Exception | None = None

    async def body(self) -> aiohttp.Payload:
        self.failure = None
        content = await self._open_content()
        writer = aiohttp.MultipartWriter("form-data")
        part = writer.append(self._counted(content), _headers(self._draft.mime))
        # Jira reads the name as raw UTF-8 and knows no percent-encoding.
        part.set_content_disposition(
            "form-data", quote_fields=False, name="file", filename=_filename(self._draft.filename)
        )
        return writer

    async def _counted(self, content: ByteStream) -> AsyncIterator[bytes]:
        sent = 0
        try:
            async for chunk in content:
                sent += len(chunk)
                yield chunk
            if sent != self._draft.size:
                raise TrackerError(
                    Fault.UNAVAILABLE,
                    f"An attachment of {self._draft.size} bytes came as {sent} bytes.",
                    remedy="Nothing to do: it is asked for again.",
                )
        finally:
            # The HTTP client hides what happened here behind an error of its own.
            error = sys.exception()
            self.failure = error if isinstance(error, Exception) else None


def _headers(mime: str) -> dict[str, str]:
    clean = "".join(mime.split())
    return {
        "Content-Type": clean if clean.isascii() and "/" in clean else "application/octet-stream"
    }


def _filename(name: str) -> str:
    """Without what would end the header line, or lead out of a folder."""
    clean = "".join(" " if ord(char) < 32 or char in '/\\"' else char for char in name).strip()
    return clean or "attachment"
