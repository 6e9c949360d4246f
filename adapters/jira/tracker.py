"""The tracker port for one Jira."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import msgspec

from adapters.jira import answers, fit, mapping, webhook, wire
from adapters.jira.accounts import Accounts
from adapters.jira.attachments import Attachments
from adapters.jira.capabilities import CAPABILITIES
from adapters.jira.check import Check
from adapters.jira.client import JiraClient, Pause
from adapters.jira.comments import Comments
from adapters.jira.fields import CustomFields
from adapters.jira.issues import Issues
from adapters.jira.links import Links
from adapters.jira.marker import Markers
from adapters.jira.mentions import Mentions
from adapters.jira.metadata import Catalogue
from adapters.jira.moves import Moves
from adapters.jira.params import JiraParams
from adapters.jira.parents import Parents
from adapters.jira.scan import Scan
from adapters.jira.watch import Watch
from adapters.jira.workflow import Workflow
from adapters.jira.worklogs import Worklogs
from adapters.jira.writing import Writer
from adapters.port import ByteStream, Capabilities, ChangesPage, StageResult, WebhookRequest
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
    Worklog,
    WorklogDraft,
)
from schemas.metadata import Choice, Metadata
from schemas.rich_text import RichText
from schemas.values import Millis, User, Value


class JiraTracker:
    """Expected versions do not exist in Jira: `update` writes over whatever is there, and learns
    from the history what that was."""

    def __init__(
        self,
        connector: str,
        params: JiraParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`session` stays the caller's: `close` leaves it open."""
        self._connector = connector
        self._params = params
        self._client = client = JiraClient(connector, params, session, now, pause)
        self._accounts = Accounts(client, now)
        self._comments = Comments(client, params.internal_role)
        self._attachments = Attachments(client)
        self._worklogs = Worklogs(client)
        self._watch = Watch(client, connector, now)
        self._markers = Markers(client)
        self._scan = Scan(connector, self._search, now, params.scan_overlap, params.scan_lag)
        fields = CustomFields(client, now, params.parent_field)
        links = Links(client, now)
        parents = Parents(client, fields, now)
        self._catalogue = Catalogue(client, fields, links)
        self._mentions = mentions = Mentions(self._accounts)
        self._issues = Issues(
            connector,
            client,
            fields,
            Writer(self._accounts.login, fields, parents),
            Moves(Workflow(client, params.resolution)),
            links,
            parents,
            self._comments,
            self._worklogs,
            params.custom_fields,
            mentions,
        )

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        projects = (project,) if project else self._params.projects
        return await Check(self._client, projects).run()

    async def projects(self) -> tuple[Choice, ...]:
        return await self._catalogue.projects()

    async def metadata(self, project: str) -> Metadata:
        return await self._catalogue.metadata(project)

    async def resolve(self, key_or_id: str) -> IssueRef:
        return await self._issues.resolve(key_or_id.strip())

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        return await self._issues.read(issue_id, parts)

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._mentions.shown_comments(await self._comments.list(issue_id))

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(issue_id, comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return await self._attachments.exists(issue_id, attachment_id)

    async def create(self, draft: IssueDraft) -> Issue:
        fields = await self._mentions.written_fields(draft.fields)
        return await self._issues.create(msgspec.structs.replace(draft, fields=fields))

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        found = await self._markers.find(marker, project, since)
        return mapping.reference(self._client.base, found) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        return await self._issues.update(issue, await self._mentions.written_change(change))

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        body = await self._mentions.written(draft.body)
        made = await self._comments.add(issue_id, msgspec.structs.replace(draft, body=body))
        return await self._mentions.shown_comment(made)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        written = await self._mentions.written(body)
        made = await self._comments.edit(issue_id, comment_id, written)
        return await self._mentions.shown_comment(made)

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

    async def add_worklog(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        return await self._worklogs.add(issue_id, draft)

    async def edit_worklog(self, issue_id: str, worklog_id: str, draft: WorklogDraft) -> Worklog:
        return await self._worklogs.edit(issue_id, worklog_id, draft)

    async def delete_worklog(self, issue_id: str, worklog_id: str) -> None:
        await self._worklogs.delete(issue_id, worklog_id)

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await self._accounts.find(query)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects or self._params.projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects or self._params.projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return fit.losses(field, value)

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        return await self._watch.look()

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return webhook.parse(self._connector, self._params, request)

    async def close(self) -> None:
        """Holds nothing of its own."""

    async def _search(self, jql: str, start: int, fields: str) -> answers.SearchPage:
        what = "search issues"
        body = {
            "jql": jql,
            "startAt": start,
            "maxResults": self._params.page_size,
            "fields": fields.split(","),
        }
        return wire.read(wire.search_page, await self._client.ask("/search", body, what=what), what)
