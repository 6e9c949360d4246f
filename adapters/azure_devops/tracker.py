"""The tracker port over Azure DevOps REST 7.1 (Services and Server)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import msgspec
import structlog

from adapters.azure_devops import wire
from adapters.azure_devops.attachments import Attachments
from adapters.azure_devops.capabilities import CAPABILITIES
from adapters.azure_devops.check import check_connection, list_projects
from adapters.azure_devops.client import AzureDevOpsClient, Call, segment
from adapters.azure_devops.comments import Comments
from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.items import Items, quoted
from adapters.azure_devops.mapping import MARKER, PROJECT, STATE, Mapper, iso
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.patch import Operation, PatchWriter, parent_removal, test_rev
from adapters.azure_devops.scan import Scan
from adapters.azure_devops.users import find_users
from adapters.azure_devops.webhook import WebhookReader
from adapters.http import Pause
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
from schemas.values import Millis, User, Value

log = structlog.get_logger()

_CLOCK_MARGIN = 10 * 60 * 1000
"""How far the tracker's clock may be behind ours, in milliseconds."""


class AzureDevOpsTracker:
    def __init__(
        self,
        connector: str,
        params: AzureDevOpsParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._connector = connector
        self._params = params
        self._client = AzureDevOpsClient(connector, params, session, now, pause)
        self._mapper = Mapper(params)
        self._writer = PatchWriter(self._mapper, params.fields, params.url)
        self._items = Items(self._client)
        self._comments = Comments(self._client, params, self._items)
        self._attachments = Attachments(self._client, params, self._items)
        self._scan = Scan(connector, self._client, self._items, params, now)
        self._webhook = WebhookReader(connector, params)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        """Without a project here and in the settings the check ends after the credentials."""
        name = project or self._params.project
        return await check_connection(self._client, self._items, name, self._params.default_type)

    async def projects(self) -> tuple[Choice, ...]:
        return await list_projects(self._client)

    async def resolve(self, key_or_id: str) -> IssueRef:
        item = await self._items.read(key_or_id)
        return self._mapper.ref(item.id, str(item.fields.get(PROJECT, "")))

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        """One request; one more per page of comments when they are asked for and there are any."""
        item = await self._items.read(issue_id)
        issue = self._mapper.issue(item, attachments_known=True)
        if Part.COMMENTS not in parts:
            return issue
        comments = await self._comments.read(issue_id) if issue.comment_count != 0 else ()
        return msgspec.structs.replace(issue, comments=comments)

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._comments.read(issue_id)

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(issue_id, comment_id)

    async def attachment_exists(self, issue_id: str, attachment_id: str) -> bool:
        return await self._attachments.exists(issue_id, attachment_id)

    async def create(self, draft: IssueDraft) -> Issue:
        """Where the status is refused, the issue is answered in the one it was born with:
        it exists by then, so an error would invite a second create."""
        project = draft.project or self._params.project
        if not project:
            raise tracker_error(
                Fault.CONFIGURATION,
                "no project to create in.",
                remedy="Name a project in the incoming rule or in the connector.",
            )
        kind = draft.type or str(draft.fields.get("type") or self._params.default_type)
        item = await self._items.create(project, kind, self._writer.creating(draft, kind))
        self._items.note(item)
        status = draft.fields.get("status")
        if status and status != item.fields.get(STATE):
            item = await self._move_new(item, self._writer.state(status))
        return self._mapper.issue(item, attachments_known=True)

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        wanted = MARKER + marker
        scope = project or self._params.project
        since_then = quoted(iso(max(0, since - _CLOCK_MARGIN)))
        conditions = ["[System.CreatedBy] = @Me", f"[System.CreatedDate] >= {since_then}"]
        if scope:
            conditions.append(f"[{PROJECT}] = {quoted(scope)}")
        last = 0
        while True:
            ids = await self._items.ids_after(last, self._params.page_size, conditions)
            for item in await self._items.batch(ids) if ids else ():
                if any(one.attributes.comment == wanted for one in item.relations or ()):
                    return self._mapper.ref(item.id, str(item.fields.get(PROJECT, scope)))
            if len(ids) < self._params.page_size:
                return None
            last = max(ids)

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        marked = self._items.markdown_fields(issue.ref.id)
        operations = self._writer.changing(issue, change, marked)
        if "parent" in change.set and change.set["parent"] != issue.fields.get("parent"):
            operations += await self._parent(issue, str(change.set["parent"] or ""))
        if not operations:
            return issue
        try:
            item = await self._items.patch(issue.ref.id, [test_rev(issue.version), *operations])
        except TrackerError as error:
            if error.fault is Fault.VALIDATION and "status" in change.set:
                raise await self._explained(error, issue, change) from error
            raise
        return self._mapper.issue(item, attachments_known=False)

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        """The marker is not kept, and `internal` has no counterpart: see the capabilities."""
        return await self._comments.add(issue_id, draft.body)

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
        return await find_users(self._client, query)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(value, "html") if isinstance(value, RichText) else ()

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return self._webhook.read(request)

    async def close(self) -> None:
        """Nothing is held: the HTTP session belongs to the caller."""

    async def _move_new(self, item: wire.WorkItem, state: Operation) -> wire.WorkItem:
        try:
            return await self._items.patch(str(item.id), [test_rev(item.rev), state])
        except TrackerError as error:
            log.warning(
                "tracker.initial_status_refused",
                connector=self._connector,
                issue=str(item.id),
                fault=error.fault,
                error=error.message,
            )
            return item

    async def _parent(self, issue: Issue, parent: str) -> list[Operation]:
        item = await self._items.read(issue.ref.id, expand="relations")
        operations = parent_removal(item.relations or ())
        return [*operations, self._writer.parent(parent)] if parent else operations

    async def _explained(
        self, error: TrackerError, issue: Issue, change: FieldChange
    ) -> TrackerError:
        """A refused status is worth one more request: which ones there are."""
        if error.field not in ("", STATE, "State"):
            return error
        kind = str(change.set.get("type") or issue.fields.get("type") or "")
        call = Call(
            what=f"list the states of a {kind}",
            path=f"/{segment(issue.project)}/_apis/wit/workitemtypes/{segment(kind)}/states",
        )
        try:
            states = await self._client.fetch(call, wire.states)
        except TrackerError as second:
            log.info("tracker.states_unknown", issue=issue.ref.id, error=second.message)
            return error
        names = ", ".join(state.name for state in states.value)
        return TrackerError(
            Fault.VALIDATION,
            f"{error.message} Status {change.set['status']!r} was asked for.",
            remedy=f"Map the status to one of: {names}.",
            status=error.status,
            field="status",
        )
