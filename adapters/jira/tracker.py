"""The tracker port for one Jira Data Center or Server."""

import asyncio
from collections.abc import Callable

import aiohttp

from adapters.jira import webhook, wire
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
from adapters.jira.metadata import Catalogue
from adapters.jira.moves import Moves
from adapters.jira.params import JiraParams
from adapters.jira.parents import Parents
from adapters.jira.scan import Found, Scan
from adapters.jira.workflow import Workflow
from adapters.jira.worklogs import Worklogs
from adapters.jira.writing import Writer
from adapters.port import Capabilities, StageResult, WebhookRequest
from adapters.rich_text.losses import losses
from schemas.events import IssueChanged
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
            Catalogue(client, fields, links),
        )

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        projects = (project,) if project else self._params.projects
        return await Check(self._client, projects).run()

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(value, "wiki") if isinstance(value, RichText) else ()

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
