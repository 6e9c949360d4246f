"""The tracker port for one Jira Data Center or Server."""

import asyncio
from collections.abc import Callable

import aiohttp
import msgspec

from adapters.jira import fit, webhook, wire
from adapters.jira.accounts import Accounts
from adapters.jira.alike import AnyJira
from adapters.jira.attachments import Attachments
from adapters.jira.capabilities import CAPABILITIES
from adapters.jira.check import Check
from adapters.jira.client import Pause, open_client
from adapters.jira.comments import Comments
from adapters.jira.fields import CustomFields
from adapters.jira.form import WIKI
from adapters.jira.issues import Issues
from adapters.jira.links import Links
from adapters.jira.marker import Markers
from adapters.jira.mentions import Mentions
from adapters.jira.metadata import Catalogue
from adapters.jira.moves import Moves
from adapters.jira.params import JiraParams
from adapters.jira.parents import Parents
from adapters.jira.scan import Found, Scan
from adapters.jira.screens import Screens
from adapters.jira.search import JqlSearch
from adapters.jira.watch import Watch
from adapters.jira.workflow import Workflow
from adapters.jira.worklogs import Worklogs
from adapters.jira.writing import Writer
from adapters.port import Capabilities, StageResult, WebhookRequest
from schemas.events import IssueChanged
from schemas.issue import Comment, CommentDraft, FieldChange, Issue, IssueDraft
from schemas.rich_text import RichText
from schemas.values import Millis, Value


class JiraTracker(AnyJira):
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
        self._client = client = open_client(connector, params, session, now, pause)
        accounts = Accounts(client, now)
        comments = Comments(client, params.internal_role)
        worklogs = Worklogs(client)
        fields = CustomFields(client, now, params.parent_field)
        links = Links(client, now)
        parents = Parents(client, fields, now)
        self._watch = Watch(client, connector, now)
        self._mentions = mentions = Mentions(accounts)
        issues = Issues(
            connector,
            client,
            fields,
            Writer(accounts.login, fields, parents, WIKI),
            Moves(Workflow(client, params.resolution)),
            links,
            parents,
            comments,
            worklogs,
            params.custom_fields,
            WIKI,
            mentions,
        )
        super().__init__(
            client.base,
            params.projects,
            issues,
            comments,
            Attachments(client),
            worklogs,
            accounts,
            Markers(client),
            Scan(connector, self._search, now, params.scan_overlap, params.scan_lag),
            Catalogue(client, fields, links, Screens(client)),
            JqlSearch(client.base, self._search),
        )

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        projects = (project,) if project else self._params.projects
        return await Check(self._client, projects).run()

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._mentions.shown_comments(await super().read_comments(issue_id))

    async def create(self, draft: IssueDraft) -> Issue:
        fields = await self._mentions.written_fields(draft.fields)
        return await super().create(msgspec.structs.replace(draft, fields=fields))

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        return await super().update(issue, await self._mentions.written_change(change))

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        body = await self._mentions.written(draft.body)
        made = await super().add_comment(issue_id, msgspec.structs.replace(draft, body=body))
        return await self._mentions.shown_comment(made)

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        written = await self._mentions.written(body)
        made = await super().edit_comment(issue_id, comment_id, written)
        return await self._mentions.shown_comment(made)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return fit.losses(field, value)

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        return await self._watch.look()

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return webhook.parse(self._connector, self._params, request)

    async def _search(self, jql: str, onward: str, fields: str) -> Found:
        what, start = "search issues", int(onward or 0)
        body = {
            "jql": jql,
            "startAt": start,
            "maxResults": self._params.page_size,
            "fields": fields.split(","),
        }
        page = wire.read(wire.search_page, await self._client.ask("/search", body, what=what), what)
        end = start + len(page.issues)
        return Found(page.issues, str(end) if end < page.total else "")
