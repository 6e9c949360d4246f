"""The tracker port for one project of one ALM."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp

from adapters.alm import errors, ids, webhook
from adapters.alm.attachments import Attachments
from adapters.alm.capabilities import capabilities
from adapters.alm.check import Check, of_this_project
from adapters.alm.client import AlmClient
from adapters.alm.comments import Comments
from adapters.alm.customization import Customizations
from adapters.alm.holds import Holds
from adapters.alm.ids import EntityType, IssueId
from adapters.alm.issues import Issues
from adapters.alm.losses import losses
from adapters.alm.mapping import PLAIN_TYPE, Reader
from adapters.alm.memo import Memos
from adapters.alm.metadata import Catalogue
from adapters.alm.moments import ServerClock
from adapters.alm.params import AlmParams
from adapters.alm.people import People
from adapters.alm.scan import Scan
from adapters.alm.search import AlmSearch
from adapters.alm.wire import Entity
from adapters.alm.writing import Writer
from adapters.http import Pause
from adapters.port import (
    ByteStream,
    Capabilities,
    ChangesPage,
    SearchPage,
    StageResult,
    WebhookRequest,
)
from schemas.errors import Fault
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


class AlmTracker:
    """ALM ignores the version that a write brings along: `update` reads just before it writes."""

    def __init__(
        self,
        connector: str,
        params: AlmParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`session` stays the caller's; `close` signs out of ALM."""
        self._params = params
        self._client = client = AlmClient(connector, params, session, now, pause)
        clock = ServerClock(client, now, params.time_zone, params.clock_check)
        customizations = Customizations(client, now)
        self._people = people = People(client, now)
        memos = Memos(client.base + client.place)
        holds = Holds(client, people)
        self._reader = reader = Reader(params, customizations, people, memos, clock)
        writer = Writer(client, params, customizations, people, memos, clock)
        self._issues = Issues(
            client, params, customizations, people, reader, writer, memos, clock, holds
        )
        self._comments = Comments(
            client, customizations, people, reader, memos, clock, holds, now, params.day_order
        )
        self._attachments = Attachments(client, clock, holds)
        self._catalogue = Catalogue(client, params, customizations)
        self._check = Check(client, params, customizations, people, clock)
        self._scan = Scan(connector, client, params, clock, now)
        self._search = AlmSearch(client, params, reader)
        self._capabilities = capabilities(params)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        return await self._check.run(project)

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        self._one_of(projects)
        return await self._search.page(query, cursor, issue)

    async def resolve(self, key_or_id: str) -> IssueRef:
        issue = self._id(key_or_id)
        await self._issues.get(issue)
        return self._reader.reference(issue)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        issue = self._id(issue_id)
        found = await self._issues.get(issue)
        with_comments = Part.COMMENTS in parts
        with_files = Part.ATTACHMENTS in parts
        return await self._reader.issue(
            issue,
            found,
            links=await self._issues.links_of(issue, found),
            comments=await self._comments.of(issue, found) if with_comments else None,
            attachments=await self._attachments.of(issue, found) if with_files else None,
        )

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._comments.list(self._id(issue_id))

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(self._id(issue_id), comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return await self._attachments.exists(self._id(issue_id), attachment_id)

    async def create(self, draft: IssueDraft) -> Issue:
        of_this_project(self._params, draft.project)
        issue, made = await self._issues.create(self._kind(draft.type), draft)
        return await self._told(issue, made)

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        found = await self._issues.find_by_marker(marker, since)
        return self._reader.reference(found) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        own = self._id(issue.ref.id)
        after, met = await self._issues.update(own, issue.version, issue.fields, change)
        told = await self._told(own, after)
        if met is None:
            return told
        were, _ = await self._reader.fields(own, met)
        overwritten = {
            name: value for name, value in were.items() if issue.fields.get(name) != value
        }
        return Issue(
            ref=told.ref,
            version=told.version,
            updated=told.updated,
            project=told.project,
            fields=told.fields,
            marker=told.marker,
            overwritten=overwritten,
        )

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        return await self._comments.add(self._id(issue_id), draft)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        return await self._comments.edit(self._id(issue_id), comment_id, body)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        await self._comments.delete(self._id(issue_id), comment_id)

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        return await self._attachments.add(self._id(issue_id), draft, open_content)

    def open_attachment(
        self, issue_id: str, attachment_id: str
    ) -> AbstractAsyncContextManager[ByteStream]:
        return self._attachments.open(self._id(issue_id), attachment_id)

    async def delete_attachment(self, issue_id: str, attachment_id: str) -> None:
        await self._attachments.delete(self._id(issue_id), attachment_id)

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await self._people.find(query)

    async def projects(self) -> tuple[Choice, ...]:
        return await self._catalogue.projects()

    async def metadata(self, project: str) -> Metadata:
        of_this_project(self._params, project)
        return await self._catalogue.metadata()

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        self._one_of(projects)
        return await self._scan.changed_since(cursor)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        self._one_of(projects)
        return self._scan.all_issues()

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(field, value)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return webhook.parse(request)

    async def close(self) -> None:
        await self._client.session.close()

    async def _told(self, issue: IssueId, found: Entity) -> Issue:
        return await self._reader.issue(
            issue, found, links=await self._issues.links_of(issue, found)
        )

    def _id(self, text: str) -> IssueId:
        issue = ids.parse(text, self._params.entities[0])
        if issue.type not in self._params.entities:
            raise errors.refused(
                Fault.NOT_FOUND,
                f"{issue} is none of the issues of this connector.",
                remedy="Name its type in the connector's setting 'entities'.",
            )
        return issue

    def _kind(self, type_: str) -> EntityType:
        whose = type_.partition(" / ")[0]
        for kind in self._params.entities:
            if PLAIN_TYPE[kind] == whose:
                return kind
        known = ", ".join(PLAIN_TYPE[kind] for kind in self._params.entities)
        raise errors.refused(
            Fault.VALIDATION,
            f"{type_!r} is no type of issue of this connector.",
            remedy=f"Map the type to one of: {known}. The setting 'entities' names more.",
            field="type",
        )

    def _one_of(self, projects: tuple[str, ...]) -> None:
        for project in projects:
            of_this_project(self._params, project)
