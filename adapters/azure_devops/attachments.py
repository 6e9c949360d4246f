"""Attachments: a blob beside the work item, and a relation that ties it to one."""

from contextlib import AbstractAsyncContextManager

import structlog

from adapters.azure_devops import mapping, wire
from adapters.azure_devops.client import BINARY, AzureDevOpsClient, Call, OpenContent
from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.heavy import converted, size_of_texts
from adapters.azure_devops.images import attachment_id as id_in
from adapters.azure_devops.images import to_addresses, tree_to_addresses
from adapters.azure_devops.items import Items
from adapters.azure_devops.links import ATTACHED, file_key, key
from adapters.azure_devops.operations import Operation, add_relation, test_rev
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.relations import Relations
from adapters.http.streams import Source
from adapters.port import ByteStream
from adapters.rich_text import markdown
from schemas.errors import Fault, TrackerError
from schemas.issue import Attachment, AttachmentDraft

log = structlog.get_logger()


class Attachments:
    def __init__(
        self,
        client: AzureDevOpsClient,
        params: AzureDevOpsParams,
        items: Items,
        relations: Relations,
    ) -> None:
        self._client = client
        self._params = params
        self._items = items
        self._relations = relations

    async def exists(self, item_id: str, attachment_id: str) -> bool:
        item = await self._items.read(item_id)
        return _position(item, attachment_id) is not None

    def open(self, attachment_id: str) -> AbstractAsyncContextManager[ByteStream]:
        path = f"/_apis/wit/attachments/{_guid(attachment_id)}"
        call = Call(what="send an attachment", path=path, query={"download": "true"})
        return self._client.download(call)

    async def add(
        self,
        item_id: str,
        draft: AttachmentDraft,
        open_content: OpenContent,
    ) -> Attachment:
        reference = await self._upload(draft, open_content)
        operations = [add_relation(ATTACHED, reference.url)]
        item = await self._relations.append(item_id, operations)
        place = _position(item, reference.id)
        added = mapping.attachment((item.relations or ())[place]) if place is not None else None
        if added is None:
            added = Attachment(reference.id.lower(), draft.filename, draft.size, draft.mime)
        await self._show(item, added)
        return added

    async def _show(self, item: wire.WorkItem, added: Attachment) -> None:
        """A text written before its image was there names the file only: give it the address."""
        size = size_of_texts(item.fields.values())
        operations = await converted(lambda: self._with_images(item, added), size)
        if not operations:
            return
        try:
            await self._items.patch(str(item.id), [test_rev(item.rev), *operations])
        except TrackerError as error:
            # The file is there and only its picture in the text is missing.
            log.warning("tracker.image_not_shown", issue=str(item.id), error=error.message)

    def _with_images(self, item: wire.WorkItem, added: Attachment) -> list[Operation]:
        return [
            Operation("add", f"/fields/{reference}", shown)
            for reference, value in item.fields.items()
            if isinstance(value, str)
            and (shown := self._with_image(value, item.formats.get(reference, ""), added)) != value
        ]

    def _with_image(self, text: str, format_: str, added: Attachment) -> str:
        if not mapping.is_markdown(format_):
            return to_addresses(text, (added,), self._params.url)
        if "![" not in text:
            return text
        before = markdown.parse(text)
        after = tree_to_addresses(before, (added,), self._params.url)
        return text if after == before else markdown.render(after)

    async def delete(self, item_id: str, attachment_id: str) -> None:
        await self._relations.remove(item_id, file_key(attachment_id))

    async def _upload(
        self, draft: AttachmentDraft, open_content: OpenContent
    ) -> wire.AttachmentReference:
        if draft.size < self._params.chunk_threshold:
            call = self._create(draft, "Simple")
            return await self._client.upload(call, draft.size, open_content, wire.attachment)
        reference = await self._client.fetch(self._create(draft, "Chunked"), wire.attachment)
        start = 0
        content = await Source(draft.size, open_content).open()
        async for block in _blocks(content, self._params.chunk_size):
            await self._put(reference, draft, start, block)
            start += len(block)
        return reference

    async def _put(
        self, reference: wire.AttachmentReference, draft: AttachmentDraft, start: int, block: bytes
    ) -> None:
        end = start + len(block) - 1
        call = Call(
            what="take a part of an attachment",
            method="PUT",
            path=f"/_apis/wit/attachments/{reference.id}",
            query={"fileName": draft.filename},
            body=block,
            content_type=BINARY,
            headers={"Content-Range": f"bytes {start}-{end}/{draft.size}"},
            transfer=True,
            # Not to be sent twice: parts must follow each other without a gap.
            write=True,
        )
        try:
            await self._client.send(call)
        except TrackerError as error:
            if error.fault is not Fault.UNKNOWN_OUTCOME:
                raise
            # No open outcome: until the relation is added nobody sees the file.
            raise tracker_error(
                Fault.UNAVAILABLE, "no answer to a part of an attachment."
            ) from error

    def _create(self, draft: AttachmentDraft, kind: str) -> Call:
        # Not a write in our sense: until the relation is added nobody sees the blob.
        return Call(
            what="take an attachment",
            method="POST",
            path="/_apis/wit/attachments",
            query={"fileName": draft.filename, "uploadType": kind},
            body=b"",
            content_type=BINARY,
        )


def _position(item: wire.WorkItem, attachment_id: str) -> int | None:
    wanted = file_key(attachment_id)
    places = (place for place, one in enumerate(item.relations or ()) if key(one) == wanted)
    return next(places, None)


def _guid(attachment_id: str) -> str:
    if id_in(f"/attachments/{attachment_id}") != attachment_id.lower():
        raise tracker_error(Fault.NOT_FOUND, f"{attachment_id[:40]!r} is not an attachment.")
    return attachment_id


async def _blocks(content: ByteStream, size: int) -> ByteStream:
    """The same bytes in blocks of `size`, the last one shorter."""
    held = bytearray()
    async for block in content:
        held += block
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
