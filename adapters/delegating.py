"""Methods of the tracker port that one part of an adapter carries out as it is asked.

An adapter whose parts have these shapes inherits them; its own file then holds what is its own.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from adapters.port import ByteStream
from schemas.issue import Attachment, AttachmentDraft, Comment, CommentDraft
from schemas.metadata import Choice, Metadata
from schemas.rich_text import RichText
from schemas.values import User

OpenContent = Callable[[], Awaitable[ByteStream]]


class CommentPart(Protocol):
    async def list(self, issue_id: str) -> tuple[Comment, ...]: ...

    async def exists(self, issue_id: str, comment_id: str) -> bool: ...

    async def add(self, issue_id: str, draft: CommentDraft) -> Comment: ...

    async def edit(self, issue_id: str, comment_id: str, body: RichText) -> Comment: ...

    async def delete(self, issue_id: str, comment_id: str) -> None: ...


class AttachmentPart(Protocol):
    async def exists(self, issue_id: str, attachment_id: str) -> bool: ...

    async def add(
        self, issue_id: str, draft: AttachmentDraft, open_content: OpenContent
    ) -> Attachment: ...

    def open(self, attachment_id: str) -> AbstractAsyncContextManager[ByteStream]: ...

    async def delete(self, issue_id: str, attachment_id: str) -> None: ...


class CataloguePart(Protocol):
    async def projects(self) -> tuple[Choice, ...]: ...

    async def metadata(self, project: str) -> Metadata: ...


class PeoplePart(Protocol):
    async def find(self, query: str) -> tuple[User, ...]: ...


class WithComments:
    _comments: CommentPart

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._comments.list(issue_id)

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(issue_id, comment_id)

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        return await self._comments.add(issue_id, draft)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        return await self._comments.edit(issue_id, comment_id, body)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        await self._comments.delete(issue_id, comment_id)


class WithAttachments:
    """Of trackers where an attachment is found by its own id."""

    _attachments: AttachmentPart

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return await self._attachments.exists(issue_id, attachment_id)

    async def add_attachment(
        self, issue_id: str, draft: AttachmentDraft, open_content: OpenContent
    ) -> Attachment:
        return await self._attachments.add(issue_id, draft, open_content)

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]:
        return self._attachments.open(attachment_id)

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        await self._attachments.delete(issue_id, attachment_id)


class WithCatalogue:
    _catalogue: CataloguePart

    async def projects(self) -> tuple[Choice, ...]:
        return await self._catalogue.projects()

    async def metadata(self, project: str) -> Metadata:
        return await self._catalogue.metadata(project)


class WithPeople:
    _people: PeoplePart

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await self._people.find(query)
