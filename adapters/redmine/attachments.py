"""Attachments: uploaded first, then tied to the issue. Streamed both ways."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

from adapters.http import Call
from adapters.port import ByteStream
from adapters.redmine import errors, wire
from adapters.redmine.client import RedmineClient, segment
from adapters.redmine.items import Items
from adapters.redmine.mapping import Reader
from schemas.errors import Fault, TrackerError
from schemas.issue import Attachment, AttachmentDraft

_UPLOAD = "upload a file"
_ADD = "add an attachment"
_DOWNLOAD = "read an attachment"
_LONGEST_NAME = 255

OpenContent = Callable[[], Awaitable[ByteStream]]


class Attachments:
    def __init__(self, client: RedmineClient, items: Items, reader: Reader) -> None:
        self._client = client
        self._items = items
        self._reader = reader

    async def add(
        self, issue_id: str, draft: AttachmentDraft, open_content: OpenContent
    ) -> Attachment:
        """An upload that nobody ties to an issue is nobody's: Redmine drops it within a day. So
        only the second step can leave its outcome open."""
        name = filename(draft.filename)
        upload = await self._upload(name, draft, open_content)
        file = {"token": upload.token, "filename": name, "content_type": _mime(draft.mime)}
        path = f"/issues/{segment(issue_id)}.json"
        await self._client.write("PUT", path, {"issue": {"uploads": [file]}}, what=_ADD)
        try:
            found = await self._items.get(issue_id, "attachments")
        except TrackerError as error:
            raise errors.unconfirmed(error, "The attachment was added") from error
        made = [item for item in found.attachments if _is_upload(item, upload)]
        if not made:
            raise errors.refused(Fault.PERMISSION, "Redmine left the file out without a word.")
        return await self._reader.attachment(made[-1])

    @asynccontextmanager
    async def open(self, attachment_id: str) -> AsyncIterator[ByteStream]:
        path = f"/attachments/download/{segment(attachment_id)}"
        async with self._client.http.download(Call(what=_DOWNLOAD, path=path)) as blocks:
            yield blocks

    async def exists(self, issue_id: str, attachment_id: str) -> bool:
        await self._client.login.confirm()
        found = await self._items.get(issue_id, "attachments")
        return any(str(item.id) == attachment_id for item in found.attachments)

    async def delete(self, issue_id: str, attachment_id: str) -> None:
        path = f"/attachments/{segment(attachment_id)}.json"
        try:
            await self._client.write("DELETE", path, what="delete an attachment")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(issue_id, attachment_id):
                raise

    async def _upload(
        self, name: str, draft: AttachmentDraft, open_content: OpenContent
    ) -> wire.Upload:
        query = urlencode({"filename": name, "content_type": _mime(draft.mime)}, quote_via=quote)
        call = Call(
            what=_UPLOAD,
            path=f"/uploads.json?{query}",
            method="POST",
            content_type="application/octet-stream",
        )
        answer = await self._client.http.upload(call, draft.size, open_content)
        return self._client.http.decode(call, answer, wire.one_upload).upload


def filename(name: str) -> str:
    """Redmine keeps what stands behind the last slash, so none is sent."""
    clean = "".join("_" if ord(char) < 32 or char in "/\\" else char for char in name).strip()
    if len(clean) > _LONGEST_NAME:
        stem, dot, ending = clean.rpartition(".")
        ending = dot + ending if stem and len(ending) < 20 else ""
        clean = clean[: _LONGEST_NAME - len(ending)] + ending
    return clean or "attachment"


def _is_upload(item: wire.Attachment, upload: wire.Upload) -> bool:
    number = upload.id if upload.id is not None else upload.token.partition(".")[0]
    return str(item.id) == str(number)


def _mime(mime: str) -> str:
    clean = "".join(mime.split())
    return clean if clean.isascii() and "/" in clean else "application/octet-stream"
