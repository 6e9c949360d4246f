"""The tracker port for the issues of one GitHub."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import msgspec

from adapters.github import attachments, webhook
from adapters.github.capabilities import CAPABILITIES
from adapters.github.catalogue import Catalogue
from adapters.github.check import Check
from adapters.github.client import GitHubClient
from adapters.github.comments import Comments
from adapters.github.deliveries import Deliveries
from adapters.github.issues import Issues
from adapters.github.losses import losses
from adapters.github.metadata import Discoverer
from adapters.github.moved import Moved
from adapters.github.params import GitHubParams
from adapters.github.places import Repositories
from adapters.github.scan import Scan
from adapters.github.search import IssueSearch
from adapters.github.users import Users
from adapters.http import Pause
from adapters.port import (
    ByteStream,
    Capabilities,
    ChangesPage,
    SearchPage,
    StageResult,
    WebhookRequest,
)
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


class GitHubTracker:
    """Projects are repositories, `owner/name`; ids are `repository's number-issue's number`."""

    def __init__(
        self,
        connector: str,
        params: GitHubParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`session` stays the caller's: `close` leaves it open."""
        self._connector = connector
        self._params = params
        self._client = client = GitHubClient(connector, params, session, now, pause)
        repositories = Repositories(client, params.projects, now)
        catalogue = Catalogue(client, now)
        self._users = Users(client, now)
        self._moved = Moved()
        self._issues = Issues(client, params, repositories, self._users, catalogue, self._moved)
        self._comments = Comments(client, self._users)
        self._scan = Scan(connector, client, repositories, params, now)
        self._search = IssueSearch(client, repositories)
        self._discoverer = Discoverer(client, params, repositories, catalogue, self._users)
        self._deliveries = Deliveries(connector, client, params.webhook_url, now)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        projects = (project,) if project else self._params.projects
        return await Check(self._client, projects).run()

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        return await self._search.page(query, projects or self._params.projects, cursor, issue)

    async def resolve(self, key_or_id: str) -> IssueRef:
        return await self._issues.resolve(key_or_id)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        wanted = self._comments.list if Part.COMMENTS in parts else None
        issue = await self._issues.read(issue_id, wanted)
        return msgspec.structs.replace(
            issue,
            attachments=() if Part.ATTACHMENTS in parts else None,
            worklogs=() if Part.WORKLOGS in parts else None,
        )

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._comments.list(self._issues.place(issue_id))

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(self._issues.place(issue_id), comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return False

    async def create(self, draft: IssueDraft) -> Issue:
        return await self._issues.create(draft)

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        return await self._issues.find_by_marker(marker, project, since)

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        return await self._issues.update(issue, change)

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        return await self._comments.add(self._issues.place(issue_id), draft)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        return await self._comments.edit(self._issues.place(issue_id), comment_id, body)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        await self._comments.delete(self._issues.place(issue_id), comment_id)

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        raise attachments.refused(draft.filename)

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]:
        return attachments.NoAttachment(attachment_id)

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        """There is none, so it is gone already."""

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await self._users.find(query)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        page = await self._scan.changed_since(cursor, projects or self._params.projects)
        changes = tuple(self._as_known(change) for change in page.changes)
        return ChangesPage(changes, page.cursor, page.complete)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        async for change in self._scan.all_issues(projects or self._params.projects):
            yield self._as_known(change)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(field, value)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        found = webhook.parse(self._connector, self._params.webhook_hmac_secret, request)
        return tuple(self._as_known(change) for change in found)

    async def projects(self) -> tuple[Choice, ...]:
        return await self._discoverer.projects()

    async def metadata(self, project: str) -> Metadata:
        return await self._discoverer.read(project)

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        """GitHub never sends a webhook again by itself."""
        return await self._deliveries.watch(projects or self._params.projects)

    async def close(self) -> None:
        """Holds nothing of its own."""

    def _as_known(self, change: IssueChanged) -> IssueChanged:
        known = self._moved.known_as(change.issue)
        if known == change.issue:
            return change
        return msgspec.structs.replace(change, issue=known)
