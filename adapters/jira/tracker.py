"""The tracker port for one Jira."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import msgspec
import structlog

from adapters.jira import answers, history, mapping, webhook, wire
from adapters.jira.accounts import Accounts
from adapters.jira.allowed import explain
from adapters.jira.attachments import Attachments
from adapters.jira.capabilities import CAPABILITIES
from adapters.jira.check import Check
from adapters.jira.client import Pause, open_client, segment
from adapters.jira.comments import Comments
from adapters.jira.marker import Markers
from adapters.jira.params import JiraParams
from adapters.jira.scan import Found, Scan
from adapters.jira.workflow import Workflow
from adapters.jira.writing import Writer
from adapters.port import ByteStream, Capabilities, ChangesPage, StageResult, WebhookRequest
from adapters.rich_text.losses import losses
from schemas.errors import Fault, TrackerError
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
from schemas.metadata import Choice
from schemas.rich_text import RichText
from schemas.values import Fields, Millis, User, Value

log = structlog.get_logger()

_FIELDS = (
    "summary,description,status,resolution,priority,issuetype,labels,assignee,reporter,duedate,"
    "components,fixVersions,parent,project,created,updated"
)
_READ = "read the issue"
_ONLY_FIELDS = frozenset({Part.FIELDS})
_BY_DRAFT = ("type", "status", "resolution", "project")


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
        self._client = client = open_client(connector, params, session, now, pause)
        self._accounts = Accounts(client, now)
        self._comments = Comments(client, params.internal_role)
        self._attachments = Attachments(client)
        self._workflow = Workflow(client, params.resolution)
        self._writer = Writer(self._accounts.login, self._field_schemas)
        self._markers = Markers(client)
        self._scan = Scan(connector, self._search, now, params.scan_overlap, params.scan_lag)
        self._schemas: dict[str, answers.FieldSchema] | None = None

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        projects = (project,) if project else self._params.projects
        return await Check(self._client, projects).run()

    async def projects(self) -> tuple[Choice, ...]:
        what = "list the projects"
        body = await self._client.get("/project", what=what)
        return tuple(Choice(each.name, each.key) for each in wire.read(wire.projects, body, what))

    async def resolve(self, key_or_id: str) -> IssueRef:
        found, _ = await self._get(key_or_id.strip(), "updated")
        return mapping.reference(self._client.base, found)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        found, body = await self._get(issue_id, self._wanted_fields(parts))
        comments = None
        if Part.COMMENTS in parts:
            comments = await self._comments.complete(found.id, found.fields.comment)
        return mapping.to_issue(self._client.base, found, body, comments, parts)

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._comments.list(issue_id)

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(issue_id, comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return await self._attachments.exists(issue_id, attachment_id)

    async def create(self, draft: IssueDraft) -> Issue:
        """Whatever fails once the issue stands raises UNKNOWN_OUTCOME, so that the caller looks the
        marker up and does not create a second one."""
        fields = await self._writer.fields(
            {
                name: value
                for name, value in draft.fields.items()
                if name not in _BY_DRAFT and value is not None
            }
        )
        fields["project"] = {"key": draft.project}
        fields["issuetype"] = {"name": draft.type}
        what = "create an issue"
        body = {"fields": fields, "properties": [mapping.marker_property(draft.marker)]}
        try:
            made = await self._client.make("POST", "/issue", body, wire.created, what=what)
        except TrackerError as error:
            raise await explain(self._client, error, draft.project) from error
        try:
            await self._link(made, draft)
            return await self._start(made.id, draft.fields)
        except TrackerError as error:
            raise TrackerError(
                Fault.UNKNOWN_OUTCOME,
                f"The issue was created, but then: {error.message}",
                remedy=error.remedy,
                status=error.status,
                field=error.field,
                retry_after=error.retry_after,
            ) from error

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        found = await self._markers.find(marker, project, since)
        return mapping.reference(self._client.base, found) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        """Fields first, then the status, for a closed issue may refuse edits; where the open issue
        refuses them instead, the other way round. One read at the end."""
        status = self._wanted_status(issue.fields, change.set)
        resolution = change.set.get("resolution") if status else None
        if status and "resolution" in change.set:
            rest = {name: value for name, value in change.set.items() if name != "resolution"}
            change = FieldChange(rest, change.add, change.remove)
        try:
            written = await self._edit(issue, change)
        except TrackerError as error:
            if error.fault is not Fault.PERMISSION or not status:
                raise
            await self._move(issue, status, resolution)
            written = await self._edit(issue, change)
        else:
            if status:
                await self._move(issue, status, resolution)
        return await self._read_back(issue, written)

    async def _read_back(self, before: Issue, written: dict[str, Any]) -> Issue:
        """With the history, for what another wrote between our look and our write."""
        expand = "changelog" if history.is_watched(written) else ""
        found, body = await self._get(before.ref.id, self._wanted_fields(_ONLY_FIELDS), expand)
        held = mapping.to_issue(self._client.base, found, body, None, _ONLY_FIELDS)
        lost = history.overwritten(found, before, written)
        return msgspec.structs.replace(held, overwritten=lost) if lost else held

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
        return await self._accounts.find(query)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects or self._params.projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects or self._params.projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(value, "wiki") if isinstance(value, RichText) else ()

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return webhook.parse(self._connector, self._params, request)

    async def close(self) -> None:
        """Holds nothing of its own."""

    async def _get(
        self, key_or_id: str, fields: str, expand: str = ""
    ) -> tuple[answers.Issue, bytes]:
        query = {"fields": fields, "properties": mapping.MARKER_KEY}
        if expand:
            query["expand"] = expand
        body = await self._client.get(f"/issue/{segment(key_or_id)}", query, what=_READ)
        return wire.read(wire.issue, body, _READ), body

    def _wanted_fields(self, parts: frozenset[Part]) -> str:
        custom = self._params.custom_fields
        if custom is None:
            fields = "*all,-worklog,-issuelinks,-subtasks,-votes,-watches,-timetracking"
            fields += "" if Part.COMMENTS in parts else ",-comment"
            return fields if Part.ATTACHMENTS in parts else fields + ",-attachment"
        named = [_FIELDS, *custom]
        named += ["comment"] if Part.COMMENTS in parts else []
        named += ["attachment"] if Part.ATTACHMENTS in parts else []
        return ",".join(named)

    async def _edit(self, issue: Issue, change: FieldChange) -> dict[str, Any]:
        """The fields as they were set."""
        body = await self._writer.body(change)
        if not body:
            return {}
        path = f"/issue/{segment(issue.ref.id)}"
        try:
            await self._client.write("PUT", path, body.plain(), what="edit the issue")
        except TrackerError as error:
            raise await explain(self._client, error, issue.project) from error
        return body.fields

    def _wanted_status(self, held: Fields, wanted: Fields) -> str:
        status, now = wanted.get("status"), held.get("status")
        if status is None:
            return ""
        if not isinstance(status, str):
            raise TrackerError(
                Fault.VALIDATION,
                "The status must be a text.",
                remedy="Correct the incoming rule.",
                field="status",
            )
        same = isinstance(now, str) and now.casefold() == status.strip().casefold()
        return "" if same else status

    async def _move(self, issue: Issue, status: str, resolution: object) -> None:
        scope = (issue.project, str(issue.fields.get("type") or ""))
        screen: dict[str, Any] = {}
        if isinstance(resolution, str):
            screen["resolution"] = {"name": resolution}
        start = str(issue.fields.get("status") or "")
        taken = await self._workflow.move(issue.ref.id, scope, start, status, screen)
        if screen and not taken:
            await self._edit(issue, FieldChange({"resolution": str(resolution)}))

    async def _start(self, issue_id: str, wanted: Fields) -> Issue:
        """The new issue as it is, brought into the wanted status."""
        issue = await self.read(issue_id, _ONLY_FIELDS)
        status = self._wanted_status(issue.fields, wanted)
        if not status:
            return issue
        await self._move(issue, status, wanted.get("resolution"))
        return await self.read(issue_id, _ONLY_FIELDS)

    async def _link(self, made: answers.Created, draft: IssueDraft) -> None:
        """A remote link to the other side's issue. Its global id makes a repeat harmless."""
        if not draft.source_url:
            return
        body = {
            "globalId": f"{mapping.MARKER_KEY}={draft.marker}",
            "relationship": "is in step with",
            "object": {"url": draft.source_url, "title": draft.source_url},
        }
        path = f"/issue/{segment(made.id)}/remotelink"
        try:
            await self._client.write("POST", path, body, what="add a link")
        except TrackerError as error:
            log.warning(
                "tracker.link_refused",
                connector=self._connector,
                issue=made.key,
                cause=error.message,
            )

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

    async def _field_schemas(self) -> dict[str, answers.FieldSchema]:
        if self._schemas is None:
            what = "list the fields"
            infos = wire.read(wire.field_infos, await self._client.get("/field", what=what), what)
            self._schemas = {info.id: info.schema for info in infos}
        return self._schemas
