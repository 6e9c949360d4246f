"""Notes of a task, as comments."""

import msgspec

from adapters.http import segment
from adapters.sd_elements import answers, mapping
from adapters.sd_elements.client import SdElementsClient, all_of
from adapters.sd_elements.paths import task_path
from schemas.errors import Fault, TrackerError
from schemas.issue import Comment, CommentDraft
from schemas.rich_text import RichText
from schemas.values import Value

_NO_JSON = msgspec.json.Decoder(msgspec.Raw)


class Notes:
    def __init__(self, client: SdElementsClient) -> None:
        self._client = client

    async def list(self, task_id: str) -> tuple[Comment, ...]:
        pages = self._client.pages(_path(task_id), answers.note_page, what="list the notes")
        found = {str(note.id): await mapping.to_comment(note) for note in await all_of(pages)}
        return tuple(sorted(found.values(), key=lambda c: (c.created, len(c.id), c.id)))

    async def exists(self, task_id: str, note_id: str) -> bool:
        try:
            await self._client.get(_path(task_id, note_id), _NO_JSON, what="read a note")
        except TrackerError as error:
            if error.fault not in (Fault.NOT_FOUND, Fault.GONE):
                raise
            # The same answer comes when the task itself is out of sight.
            await self._client.get(task_path(task_id), _NO_JSON, what="read the task")
            return False
        return True

    async def add(self, task_id: str, draft: CommentDraft) -> Comment:
        return await mapping.to_comment(
            await self._add(task_id, await mapping.TEXTS.render(draft.body))
        )

    async def leave(self, task: answers.Task, text: Value) -> bool:
        """A note of ours that no comment stands for; one with the same words is not doubled. True
        when that is new."""
        if not text:
            return False
        if task.note_count:
            pages = self._client.pages(_path(task.id), answers.note_page, what="list the notes")
            if any(note.text == text for note in await all_of(pages)):
                return False
        await self._add(task.id, str(text))
        return True

    async def _add(self, task_id: str, text: str) -> answers.Note:
        body = {"text": text, "automatic": True}
        return await self._client.write_and_read(
            "POST", _path(task_id), body, answers.note, what="add a note"
        )

    async def edit(self, task_id: str, note_id: str, body: RichText) -> Comment:
        edited = await self._client.write_and_read(
            "PATCH",
            _path(task_id, note_id),
            {"text": await mapping.TEXTS.render(body)},
            answers.note,
            what="edit a note",
        )
        return await mapping.to_comment(edited)

    async def delete(self, task_id: str, note_id: str) -> None:
        try:
            await self._client.write("DELETE", _path(task_id, note_id), None, what="delete a note")
        except TrackerError as error:
            gone = error.fault in (Fault.NOT_FOUND, Fault.GONE)
            if not gone or await self.exists(task_id, note_id):
                raise


def _path(task_id: str, note_id: str = "") -> str:
    path = f"{task_path(task_id)}notes/"
    return f"{path}{segment(note_id)}/" if note_id else path
