"""The tracker port for one Rally workspace."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import msgspec

from adapters.delegating import WithAttachments, WithCatalogue, WithComments, WithPeople
from adapters.http import Pause
from adapters.port import (
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
    FieldChange,
    Issue,
    IssueDraft,
    IssueRef,
    Part,
)
from schemas.values import Millis, Value


class RallyTracker(WithComments, WithAttachments, WithCatalogue, WithPeople):
    """Ids are ObjectIDs, which are unique over all types. No version can be demanded of a write:
    `update` reads just before it writes."""

    _comments: Comments
    _attachments: Attachments

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

    async def create(self, draft: IssueDraft) -> Issue:
        return await self._reader.issue(await self._issues.create(draft))

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        """In the whole workspace: the issue may have been moved since."""
        found = await self._issues.find_by_marker(marker, since)
        return mapping.reference(self._client.base, found) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        return await self._reader.issue(await self._issues.update(issue, change))

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
