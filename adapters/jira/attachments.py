"""Attachments: streamed both ways, never whole in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import aiohttp

from adapters.jira import answers, mapping, wire
from adapters.jira.client import JiraClient, segment
from adapters.port import ByteStream
from schemas.errors import Fault, TrackerError
from schemas.issue import Attachment, AttachmentDraft

_SECURE = "/secure/attachment/"
_UPLOAD = "add an attachment"
DOWNLOAD = "read an attachment"

OpenContent = Callable[[], Awaitable[ByteStream]]


class Attachments:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    async def add(
        self, issue_id: str, draft: AttachmentDraft, open_content: OpenContent
    ) -> Attachment:
        made = await self._client.upload(
            f"/issue/{segment(issue_id)}/attachments",
            draft.size,
            open_content,
            partial(_form, draft),
            wire.attachments,
            what=_UPLOAD,
        )
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
        async with self._client.download(self._address(found), what=DOWNLOAD) as chunks:
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
        body = await self._client.get(f"/attachment/{segment(attachment_id)}", what=DOWNLOAD)
        return wire.read(wire.attachment, body, DOWNLOAD)

    def _address(self, found: answers.Attachment) -> str:
        """Jira writes its own base URL, which need not be the one we reach it by."""
        path = urlsplit(found.content).path
        _, mark, rest = path.partition(_SECURE)
        return self._client.base + mark + rest if mark else found.content


def _form(draft: AttachmentDraft, content: ByteStream) -> aiohttp.Payload:
    writer = aiohttp.MultipartWriter("form-data")
    part = writer.append(content, _headers(draft.mime))
    # Jira reads the name as raw UTF-8 and knows no percent-encoding.
    part.set_content_disposition(
        "form-data", quote_fields=False, name="file", filename=_filename(draft.filename)
    )
    return writer


def _headers(mime: str) -> dict[str, str]:
    clean = "".join(mime.split())
    return {
        "Content-Type": clean if clean.isascii() and "/" in clean else "application/octet-stream"
    }


def _filename(name: str) -> str:
    """Without what would end the header line, or lead out of a folder."""
    clean = "".join(" " if ord(char) < 32 or char in '/\\"' else char for char in name).strip()
    return clean or "attachment"
