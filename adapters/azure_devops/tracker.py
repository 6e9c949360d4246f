"""The tracker port over Azure DevOps REST 7.1 (Services and Server)."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import msgspec
import structlog

from adapters.azure_devops import wire
from adapters.azure_devops.attachments import Attachments
from adapters.azure_devops.capabilities import CAPABILITIES
from adapters.azure_devops.check import check_connection
from adapters.azure_devops.client import AzureDevOpsClient
from adapters.azure_devops.comments import Comments
from adapters.azure_devops.errors import tracker_error
from adapters.azure_devops.fields import FieldDirectory
from adapters.azure_devops.heavy import converted, size_of_texts, size_of_trees
from adapters.azure_devops.items import Items, quoted
from adapters.azure_devops.losses import losses
from adapters.azure_devops.mapping import MARKER, Mapper
from adapters.azure_devops.mentions import Mentions
from adapters.azure_devops.metadata import Catalogue
from adapters.azure_devops.moments import iso
from adapters.azure_devops.operations import Operation, test_rev
from adapters.azure_devops.params import AzureDevOpsParams
from adapters.azure_devops.patch import PatchWriter
from adapters.azure_devops.references import LABELS, PROJECT, STATE
from adapters.azure_devops.relations import Relations
from adapters.azure_devops.scan import Scan
from adapters.azure_devops.search import WiqlSearch
from adapters.azure_devops.subscriptions import Subscriptions
from adapters.azure_devops.users import find_users
from adapters.azure_devops.webhook import WebhookReader
from adapters.delegating import WithAttachments, WithCatalogue
from adapters.http import Pause
from adapters.port import (
    Capabilities,
    ChangesPage,
    SearchPage,
    StageResult,
    WebhookRequest,
)
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.issue import (
    Comment,
    CommentDraft,
    FieldChange,
    Issue,
    IssueDraft,
    IssueRef,
    Part,
)
from schemas.rich_text import RichText
from schemas.values import Millis, User, Value

log = structlog.get_logger()

_CLOCK_MARGIN = 10 * 60 * 1000
"""How far the tracker's clock may be behind ours, in milliseconds."""


class AzureDevOpsTracker(WithAttachments, WithCatalogue):
    _catalogue: Catalogue

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
        self._fields = FieldDirectory(self._client, params)
        self._mapper = Mapper(params, self._fields)
        self._writer = PatchWriter(self._mapper, self._fields, params)
        self._items = Items(self._client)
        self._relations = Relations(self._items)
        self._mentions = Mentions(self._client, now)
        self._comments = Comments(self._client, params, self._items)
        self._attachments = Attachments(self._client, params, self._items, self._relations)
        self._catalogue = Catalogue(self._client, self._mapper, self._fields)
        self._subscriptions = Subscriptions(self._client, params)
        self._scan = Scan(connector, self._client, self._items, params, now)
        self._wiql = WiqlSearch(self._items, self._mapper)
        self._webhook = WebhookReader(connector, params)

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def check(self, project: str = "") -> tuple[StageResult, ...]:
        """Without a project here and in the settings the check ends after the credentials."""
        name = project or self._params.project
        return await check_connection(self._client, self._items, name, self._params.default_type)

    async def watch(self, projects: tuple[str, ...]) -> tuple[str, ...]:
        return await self._subscriptions.troubles(projects)

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        return await self._wiql.page(query, projects or (self._params.project,), cursor, issue)

    async def resolve(self, key_or_id: str) -> IssueRef:
        item = await self._items.read(key_or_id)
        return self._mapper.ref(item.id, str(item.fields.get(PROJECT, "")))

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        """One request; one more per page of comments when they are asked for and there are any."""
        item = await self._items.read(issue_id)
        issue = await self._issue(item)
        if Part.COMMENTS not in parts:
            return issue
        comments = await self._comments.read(issue_id) if issue.comment_count != 0 else ()
        return msgspec.structs.replace(issue, comments=comments)

    async def read_comments(self, issue_id: str) -> tuple[Comment, ...]:
        return await self._comments.read(issue_id)

    async def comment_exists(self, issue_id: str, comment_id: str) -> bool:
        return await self._comments.exists(issue_id, comment_id)

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
        await self._fields.learn(self._writer.references(draft.fields))
        here = await self._mentions.in_fields(draft.fields)
        draft = msgspec.structs.replace(draft, fields=here)
        operations = await converted(
            lambda: self._writer.creating(draft, kind), size_of_trees(draft.fields.values())
        )
        try:
            item = await self._items.create(project, kind, operations)
        except TrackerError as error:
            raise self._named(error, kind) from error
        self._items.note(item)
        status = draft.fields.get("status")
        if draft.fields.get("resolution") or (status and status != item.fields.get(STATE)):
            item = await self._move_new(item, self._writer.moving(draft.fields))
        return await self._issue(item)

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
        await self._fields.learn(self._writer.references(change.set))
        here = await self._mentions.in_fields(change.set)
        change = msgspec.structs.replace(change, set=here)
        marked = self._items.markdown_fields(issue.ref.id)
        operations = await converted(
            lambda: self._writer.changing(issue, change, marked), size_of_trees(change.set.values())
        )
        relations = self._writer.relating(issue, change)
        if not operations and not relations:
            return issue
        kind = str(change.set.get("type") or issue.fields.get("type") or "")
        try:
            item = await self._relations.save(issue.ref.id, issue.version, operations, relations)
        except TrackerError as error:
            named = self._named(error, kind)
            if error.fault is Fault.VALIDATION and "status" in change.set:
                named = await self._explained(named, issue, change, kind)
            raise named from error
        if item.relations is None and _was_related(issue):
            # An older server answers a write without them.
            item = await self._items.read(issue.ref.id)
        return await self._issue(item)

    async def add_comment(self, issue_id: str, draft: CommentDraft) -> Comment:
        """The marker is not kept, and `internal` has no counterpart: see the capabilities."""
        return await self._comments.add(issue_id, await self._mentions.in_text(draft.body))

    async def edit_comment(self, issue_id: str, comment_id: str, body: RichText) -> Comment:
        here = await self._mentions.in_text(body)
        return await self._comments.edit(issue_id, comment_id, here)

    async def delete_comment(self, issue_id: str, comment_id: str) -> None:
        await self._comments.delete(issue_id, comment_id)

    async def find_users(self, query: str) -> tuple[User, ...]:
        return await find_users(self._client, query)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(field, value)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return self._webhook.read(request)

    async def close(self) -> None:
        """Nothing is held: the HTTP session belongs to the caller."""

    async def _issue(self, item: wire.WorkItem) -> Issue:
        await self._fields.learn(item.fields)
        size = size_of_texts(item.fields.values())
        return await converted(lambda: self._mapper.issue(item), size)

    async def _move_new(self, item: wire.WorkItem, steps: list[Operation]) -> wire.WorkItem:
        """To its status and resolution; to the status alone where both are not taken together."""
        for some in (steps, steps[:1]) if len(steps) > 1 else (steps,):
            try:
                return await self._items.patch(str(item.id), [test_rev(item.rev), *some])
            except TrackerError as error:
                log.warning(
                    "tracker.initial_status_refused",
                    connector=self._connector,
                    issue=str(item.id),
                    fault=error.fault,
                    error=error.message,
                )
                if error.fault is not Fault.VALIDATION:
                    break
        return item

    def _named(self, error: TrackerError, kind: str) -> TrackerError:
        """With the field by its neutral name."""
        if error.field:
            error.field = self._mapper.name(LABELS.get(error.field, error.field), kind)
        return error

    async def _explained(
        self, error: TrackerError, issue: Issue, change: FieldChange, kind: str
    ) -> TrackerError:
        """A refused status is worth one more request: which ones there are."""
        if error.field not in ("", "status"):
            return error
        try:
            states = await self._catalogue.states(issue.project, kind)
        except TrackerError as second:
            log.info("tracker.states_unknown", issue=issue.ref.id, error=second.message)
            return error
        names = ", ".join(state.name for state in states)
        return TrackerError(
            Fault.VALIDATION,
            f"{error.message} Status {change.set['status']!r} was asked for.",
            remedy=f"Map the status to one of: {names}.",
            status=error.status,
            field="status",
        )


def _was_related(issue: Issue) -> bool:
    return bool(issue.attachments or issue.fields.get("links") or issue.fields.get("parent"))
