"""The tracker port for one Rally workspace."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import msgspec

from adapters.http import Pause
from adapters.port import (
    ByteStream,
    Capabilities,
    ChangesPage,
    SearchPage,
    StageResult,
    WebhookRequest,
)
from adapters.rally import fit, mapping
from adapters.rally.attachments import Attachments
from adapters.rally.capabilities import CAPABILITIES
from adapters.rally.check import Check
from adapters.rally.client import RallyClient
from adapters.rally.comments import Comments
from adapters.rally.hooks import Hooks
from adapters.rally.issues import Issues
from adapters.rally.items import Items
from adapters.rally.mapping import Reader
from adapters.rally.memory import Memory
from adapters.rally.metadata import Catalogue
from adapters.rally.names import Names
from adapters.rally.params import RallyParams
from adapters.rally.people import People
from adapters.rally.scan import Scan
from adapters.rally.schema import Schema
from adapters.rally.search import RallySearch
from adapters.rally.webhook import WebhookReader
from adapters.rally.workspace import Workspace
from adapters.rally.writing import Writer
from schemas.events import IssueChanged
from schemas.issue import (
    Attachment,
    AttachmentDraft,
    Comment,
    CommentDraft,
    FieldChange,
    Issue,
    IssueDraft,
    IssueRef,
    Part,
)
from schemas.metadata import Choice, Metadata
from schemas.rich_text import RichText
from schemas.values import Millis, User, Value


class RallyTracker:
    """Ids are ObjectIDs, which are unique over all types. No version can be demanded of a write:
    `update` reads just before it writes."""

    def __init__(
        self,
        connector: str,
        params: RallyParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`session` stays the caller's: `close` leaves it open."""
        self._params = params
        self._client = client = RallyClient(connector, params, session, now, pause)
        memory = Memory(now)
        types = Memory(now)
        workspace = Workspace(client, params, memory)
        schema = Schema(client, params, workspace, memory)
        self._items = items = Items(client, schema, workspace, types)
        self._people = people = People(client, workspace, memory)
        names = Names(client, workspace, memory)
        self._reader = reader = Reader(client, params, schema, workspace)
        writer = Writer(params, schema, workspace, people, names, items)
        self._issues = Issues(client, params, schema, workspace, items, names, writer, reader)
        self._comments = Comments(client, items, people, workspace)
        self._attachments = Attachments(client, items, workspace, params.largest_file)
        self._catalogue = Catalogue(params, schema, workspace, names)
        self._check = Check(client, params, workspace, schema, memory)
        self._scan = Scan(connector, client, params, workspace, items, now)
        self._search = RallySearch(client, workspace, items, params.page_size)
        self._hooks = Hooks(client, params)
        self._webhooks = WebhookReader(connector, params.webhook_secret, workspace.known_place)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        return await self._check.run((project,) if project else self._params.projects)

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        return await self._search.page(query, projects or self._params.projects, cursor, issue)

    async def resolve(self, key_or_id: str) -> IssueRef:
        found = await self._items.get(key_or_id, "ObjectID,FormattedID")
        return mapping.reference(self._client.base, found)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        """One request; one more for comments and for attachments, where there are any."""
        item = await self._items.get(issue_id)
        comments = await self._comments.of(item) if Part.COMMENTS in parts else None
        attachments = await self._attachments.of(item) if Part.ATTACHMENTS in parts else None
        issue = await self._reader.issue(item, comments, attachments)
        # Rally's issues have no records of time.
        return msgspec.structs.replace(issue, worklogs=()) if Part.WORKLOGS in parts else issue

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._comments.list(issue_id)

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(issue_id, comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return await self._attachments.exists(issue_id, attachment_id)

    async def create(self, draft: IssueDraft) -> Issue:
        return await self._reader.issue(await self._issues.create(draft))

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        """In the whole workspace: the issue may have been moved since."""
        found = await self._issues.find_by_marker(marker, since)
        return mapping.reference(self._client.base, found) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        return await self._reader.issue(await self._issues.update(issue, change))

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        return await self._comments.add(issue_id, draft)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        return await self._comments.edit(issue_id, comment_id, body)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        await self._comments.delete(issue_id, comment_id)

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        return await self._attachments.add(issue_id, draft, open_content)

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]:
        return self._attachments.open(attachment_id)

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        await self._attachments.delete(issue_id, attachment_id)

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await self._people.find(query)

    async def projects(self) -> tuple[Choice, ...]:
        return await self._catalogue.projects()

    async def metadata(self, project: str) -> Metadata:
        return await self._catalogue.metadata(project)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects or self._params.projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects or self._params.projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return fit.losses(field, value)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return self._webhooks.read(request)

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        return await self._hooks.watch()

    async def close(self) -> None:
        """Holds nothing of its own."""
