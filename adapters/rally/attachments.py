"""Attachments: the content first, then what ties it to the issue. Streamed as base64, both ways."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from adapters.http import Call
from adapters.port import ByteStream
from adapters.rally import base64_stream, errors, mapping, markup, wire
from adapters.rally.client import API, RallyClient
from adapters.rally.items import Items, Owner
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.errors import Fault, TrackerError
from schemas.issue import Attachment, AttachmentDraft

log = structlog.get_logger()

_FETCH = (
    "ObjectID,Name,Size,ContentType,CreationDate,Content,User,DisplayName,EmailAddress,UserName"
)
_UPLOAD = "upload a file"
_ADD = "add an attachment"
_DOWNLOAD = "read an attachment"
_LONGEST_NAME = 256
_MOST = 10_000

OpenContent = Callable[[], Awaitable[ByteStream]]


class Attachments:
    def __init__(
        self, client: RallyClient, items: Items, workspace: Workspace, largest: int
    ) -> None:
        self._client = client
        self._items = items
        self._workspace = workspace
        self._largest = largest
        self._contents: OrderedDict[str, str] = OrderedDict()
        """By attachment, where its content is."""

    async def of(self, item: Item) -> tuple[Attachment, ...]:
        found = await _listed(self._client, item)
        for one in found:
            self._learn(one)
        return tuple(map(mapping.attachment, sorted(found, key=lambda one: int(wire.oid(one)))))

    async def add(
        self, issue_id: str, draft: AttachmentDraft, open_content: OpenContent
    ) -> Attachment:
        """Content that is tied to no issue is seen by nobody, so only the second step can leave
        its outcome open. Where Rally refuses that step, the content is taken away again."""
        if draft.size > self._largest:
            raise errors.refused(
                Fault.VALIDATION,
                f"{draft.filename[:60]!r} has {draft.size} bytes; Rally takes"
                f" {self._largest} at most.",
                remedy="Leave the file out by the rule, or pass on a link to it.",
                field="attachments",
            )
        owner = await self._items.owner(issue_id)
        name = filename(draft.filename)
        content = await self._upload(draft, open_content)
        body = {
            "Artifact": owner.ref,
            "Name": name,
            "Content": content,
            "ContentType": _mime(draft.mime),
            "Size": draft.size,
        }
        fetch = f"{_FETCH},Artifact,Description,Notes"
        query = {"fetch": fetch, **await self._workspace.scope()}
        try:
            made = await self._client.attach("Attachment", body, query, what=_ADD, lane=owner.oid)
        except TrackerError as error:
            if error.fault is not Fault.UNKNOWN_OUTCOME:
                await self._discard(content)
            raise
        self._learn(made)
        await self._show(owner, made)
        return mapping.attachment(made)

    @asynccontextmanager
    async def open(self, attachment_id: str) -> AsyncIterator[ByteStream]:
        place = self._contents.get(attachment_id) or await self._content(attachment_id)
        call = Call(what=_DOWNLOAD, path=API + place, query={"fetch": "Content"})
        async with self._client.http.download(call) as blocks:
            yield base64_stream.decoded(blocks, _DOWNLOAD)

    async def exists(self, issue_id: str, attachment_id: str) -> bool:
        try:
            await self._content(attachment_id)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # The same answer comes when the issue itself is out of sight.
            await self._items.get(issue_id)
            return False
        return True

    async def delete(self, issue_id: str, attachment_id: str) -> None:
        """Rally deletes the content along with it."""
        try:
            path = f"/attachment/{_number(attachment_id)}"
            await self._client.remove(path, what="delete an attachment", lane=issue_id)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND or await self.exists(issue_id, attachment_id):
                raise
        self._contents.pop(attachment_id, None)

    async def _upload(self, draft: AttachmentDraft, open_content: OpenContent) -> str:
        # Not a write in our sense: until it is tied to an issue nobody sees the content.
        call = Call(
            what=_UPLOAD,
            path=f"{API}/attachmentcontent/create",
            method="POST",
            query=await self._workspace.scope(),
            headers={"Content-Length": str(base64_stream.length(draft.size))},
        )
        made = await self._client.upload(call, draft.size, open_content, base64_stream.payload)
        if made.object is None:
            raise errors.refused(Fault.UNAVAILABLE, "Rally's answer shows no uploaded content.")
        return wire.ref(made.object)

    async def _discard(self, content: str) -> None:
        try:
            await self._client.remove(content, what="take back an upload")
        except TrackerError as error:
            # It is tied to nothing, so it does no harm where it is.
            log.warning("tracker.upload_left", content=content, error=error.message)

    async def _content(self, attachment_id: str) -> str:
        path = f"/attachment/{_number(attachment_id)}"
        found = await self._client.one(path, "ObjectID,Content", what=_DOWNLOAD)
        return self._learn({"ObjectID": attachment_id, **found})

    def _learn(self, item: Item) -> str:
        content = item.get("Content")
        if not isinstance(content, dict):
            raise errors.refused(Fault.NOT_FOUND, "The attachment has no content (any more).")
        self._contents[wire.oid(item)] = wire.ref(content)
        if len(self._contents) > _MOST:
            self._contents.popitem(last=False)
        return wire.ref(content)

    async def _show(self, owner: Owner, made: Item) -> None:
        """A text that was written before its image was there names the file only."""
        artifact = made.get("Artifact") or {}
        if "Description" not in artifact:
            artifact = await self._items.get(owner.oid, "Description,Notes")
        name = wire.name(made)
        body = {
            field: markup.placed(str(held), name, wire.oid(made))
            for field in ("Description", "Notes")
            if markup.shows(held := artifact.get(field), name)
        }
        if not body:
            return
        try:
            await self._client.change(
                owner.ref, owner.kind.element, body, {}, what="show an image", lane=owner.oid
            )
        except TrackerError as error:
            # The file is there and only its picture in the text is missing.
            log.warning("tracker.image_not_shown", issue=owner.oid, error=error.message)


async def ids_by_name(client: RallyClient, item: Item) -> dict[str, str]:
    return {wire.name(one): wire.oid(one) for one in reversed(await _listed(client, item))}


async def _listed(client: RallyClient, item: Item) -> list[Item]:
    if not wire.count(item, "Attachments"):
        return []
    asked = {"fetch": _FETCH, "order": "ObjectID"}
    place = f"{wire.ref(item)}/Attachments"
    return await client.find_all(place, asked, what="list the attachments")


def filename(name: str) -> str:
    clean = "".join("_" if ord(char) < 32 or char in "/\\" else char for char in name).strip()
    if len(clean) > _LONGEST_NAME:
        stem, dot, ending = clean.rpartition(".")
        ending = dot + ending if stem and len(ending) < 20 else ""
        clean = clean[: _LONGEST_NAME - len(ending)] + ending
    return clean or "attachment"


def _mime(mime: str) -> str:
    clean = "".join(mime.split())
    return clean if clean.isascii() and "/" in clean else "application/octet-stream"


def _number(attachment_id: str) -> str:
    if not (attachment_id.isascii() and attachment_id.isdigit()):
        raise errors.refused(Fault.NOT_FOUND, f"Rally has no attachment {attachment_id[:40]!r}.")
    return attachment_id
