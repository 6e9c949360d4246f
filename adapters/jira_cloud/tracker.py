"""The tracker port for one Jira Cloud."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
import structlog

from adapters.http import Pause
from adapters.jira import fit, wire
from adapters.jira.alike import AnyJira
from adapters.jira.fields import CustomFields
from adapters.jira.issues import Issues
from adapters.jira.links import Links
from adapters.jira.moves import Moves
from adapters.jira.scan import Found, Scan
from adapters.jira.search import JqlSearch
from adapters.jira.watch import Watch
from adapters.jira.workflow import Workflow
from adapters.jira.writing import Writer
from adapters.jira_cloud import texts, webhook
from adapters.jira_cloud.attachments import CloudAttachments
from adapters.jira_cloud.capabilities import CAPABILITIES
from adapters.jira_cloud.check import CloudCheck
from adapters.jira_cloud.client import api_client, open_http
from adapters.jira_cloud.comments import CloudComments
from adapters.jira_cloud.marker import CloudMarkers, page_decoder
from adapters.jira_cloud.media import Media
from adapters.jira_cloud.metadata import CloudCatalogue
from adapters.jira_cloud.params import CloudParams
from adapters.jira_cloud.parents import CloudParents
from adapters.jira_cloud.people import People
from adapters.jira_cloud.screens import CloudScreens
from adapters.jira_cloud.texts import Texts
from adapters.jira_cloud.worklogs import CloudWorklogs
from adapters.port import ByteStream, Capabilities, StageResult, WebhookRequest
from adapters.rich_text.losses import losses
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.issue import Attachment, AttachmentDraft, FieldChange, Issue, IssueDraft, Part
from schemas.rich_text import RichText
from schemas.values import Millis, Value

log = structlog.get_logger()

_TEXTS = frozenset({Part.FIELDS, Part.COMMENTS})


class JiraCloudTracker(AnyJira):
    def __init__(
        self,
        connector: str,
        params: CloudParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`session` stays the caller's: `close` leaves it open."""
        self._connector = connector
        self._params = params
        http = open_http(connector, params, session, now, pause)
        self._client = client = api_client(params, http)
        people = People(client, params.projects, now)
        self._texts = Texts(client, people, Media(client))
        comments = CloudComments(client, params.internal_role, self._texts)
        worklogs = CloudWorklogs(client, self._texts)
        links, parents = Links(client, now), CloudParents()
        # An old epic link says nothing that the parent does not say.
        fields = CustomFields(client, now, parents.FIELD)
        markers = CloudMarkers(client)
        self._watch = Watch(client, connector, now)
        issues = Issues(
            connector,
            client,
            fields,
            Writer(people.account, fields, parents, self._texts.form),
            Moves(Workflow(client, params.resolution)),
            links,
            parents,
            comments,
            worklogs,
            params.custom_fields,
            self._texts.form,
            made=markers.remember,
        )
        super().__init__(
            client.base,
            params.projects,
            issues,
            comments,
            CloudAttachments(client),
            worklogs,
            people,
            markers,
            Scan(connector, self._search, now, params.scan_overlap, params.scan_lag),
            CloudCatalogue(client, fields, links, CloudScreens(client)),
            JqlSearch(client.base, self._search),
        )

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        projects = (project,) if project else self._params.projects
        return await CloudCheck(self._client, projects).run()

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        return await self._texts.named(await super().read(issue_id, parts))

    async def create(self, draft: IssueDraft) -> Issue:
        fields = await self._texts.prepared_fields(draft.fields)
        made = await super().create(msgspec.structs.replace(draft, fields=fields))
        if missing := texts.image_names_in(draft.fields.values()):
            self._texts.await_files(made.ref.id, missing)
        return made

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        prepared = await self._texts.prepared_change(issue.ref.id, change)
        return await self._texts.named(await super().update(issue, prepared))

    async def add_attachment(
        self,
        issue_id: str,
        draft: AttachmentDraft,
        open_content: Callable[[], Awaitable[ByteStream]],
    ) -> Attachment:
        made = await super().add_attachment(issue_id, draft, open_content)
        if self._texts.is_awaited(issue_id, made.filename):
            await self._show(issue_id, made.filename)
        return made

    async def _show(self, issue_id: str, name: str) -> None:
        """Writes texts again that wait for this file: read back they are the same as before."""
        try:
            issue = await self.read(issue_id, _TEXTS)
            waiting = {
                field: value
                for field, value in issue.fields.items()
                if name in texts.image_names_in((value,))
            }
            if waiting:
                await self.update(issue, FieldChange(waiting))
            for comment in issue.comments or ():
                if name in texts.image_names_in((comment.body,)):
                    await self.edit_comment(issue_id, comment.id, comment.body)
        except TrackerError as error:
            # The file itself is there, and a link with its name stands in the text.
            log.warning(
                "tracker.image_not_shown",
                connector=self._connector,
                issue=issue_id,
                cause=error.message,
            )
            return
        self._texts.arrived(issue_id, name)

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        return await self._watch.look()

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        if isinstance(value, RichText):
            return losses(texts.comparable(value), "adf")
        return fit.losses(field, value)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return webhook.parse(self._connector, self._params, request)

    async def _search(self, jql: str, onward: str, fields: str) -> Found:
        body: dict[str, Any] = {
            "jql": jql,
            "maxResults": self._params.page_size,
            "fields": fields.split(","),
        }
        try:
            return await self._found({**body, "nextPageToken": onward} if onward else body)
        except TrackerError as error:
            if error.fault is not Fault.VALIDATION or not onward:
                raise
            # Such a token lasts a week. The same search from its start tells all of it again.
            return await self._found(body)

    async def _found(self, body: dict[str, Any]) -> Found:
        what = "search issues"
        answer = await self._client.ask("/search/jql", body, what=what)
        page = wire.read(page_decoder, answer, what)
        return Found(page.issues, page.onward)
