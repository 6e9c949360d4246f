"""The tracker port for one Redmine."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp

from adapters.delegating import WithAttachments, WithCatalogue, WithComments, WithPeople
from adapters.http import Pause
from adapters.port import (
    Capabilities,
    ChangesPage,
    SearchPage,
    StageResult,
    WebhookRequest,
)
from adapters.redmine import mapping, webhook
from adapters.redmine.attachments import Attachments
from adapters.redmine.capabilities import CAPABILITIES
from adapters.redmine.check import Check
from adapters.redmine.client import RedmineClient
from adapters.redmine.comments import Comments
from adapters.redmine.directory import Directory
from adapters.redmine.issues import Issues
from adapters.redmine.items import Items
from adapters.redmine.losses import losses
from adapters.redmine.mapping import Reader
from adapters.redmine.markup import Markup
from adapters.redmine.metadata import Catalogue
from adapters.redmine.params import RedmineParams
from adapters.redmine.people import People
from adapters.redmine.rights import Rights
from adapters.redmine.scan import Scan
from adapters.redmine.search import FilterSearch
from adapters.redmine.worklogs import TimeEntries
from adapters.redmine.writing import Writer
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.issue import (
    FieldChange,
    Issue,
    IssueDraft,
    IssueRef,
    Part,
    Worklog,
    WorklogDraft,
)
from schemas.values import Millis, Value

_ONLY_FIELDS = frozenset({Part.FIELDS})


class RedmineTracker(WithComments, WithAttachments, WithCatalogue, WithPeople):
    """Expected versions are not shown by Redmine: `update` reads just before it writes."""

    def __init__(
        self,
        connector: str,
        params: RedmineParams,
        session: aiohttp.ClientSession,
        now: Callable[[], Millis],
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`session` stays the caller's: `close` leaves it open."""
        self._params = params
        self._client = client = RedmineClient(connector, params, session, now, pause)
        self._items = items = Items(client)
        directory = Directory(client, params.custom_kinds, now)
        self._markup = markup = Markup(params.text_format)
        self._people = people = People(client, params.projects, now)
        self._reader = reader = Reader(client.base, directory, people, markup, params.marker_field)
        rights = Rights(client, directory)
        writer = Writer(directory, people, markup)
        self._issues = Issues(
            client, items, directory, writer, params.marker_field, params.source_field
        )
        self._comments = Comments(client, items, reader, markup, rights)
        self._attachments = Attachments(client, items, reader)
        self._worklogs = TimeEntries(
            client, items, directory, reader, params.activity, params.page_size
        )
        self._catalogue = Catalogue(client, directory)
        self._check = Check(client, directory, rights)
        self._scan = Scan(connector, client, directory, now, params.scan_overlap, params.page_size)
        self._search = FilterSearch(client, directory, params.page_size)

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
        try:
            found = await self._items.get(key_or_id)
        except TrackerError as error:
            if error.fault is not Fault.GONE:
                raise
            # Nobody says that there ever was such an issue.
            raise TrackerError(
                Fault.NOT_FOUND, error.message, remedy="Give the number of an issue, such as #17."
            ) from error
        return mapping.reference(self._client.base, found)

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        include = ["relations"]
        include += ["journals"] if Part.COMMENTS in parts else []
        include += ["attachments"] if Part.ATTACHMENTS in parts else []
        found = await self._items.get(issue_id, *include)
        worklogs = await self._worklogs.list(found) if Part.WORKLOGS in parts else None
        return await self._reader.issue(found, parts, worklogs)

    async def create(self, draft: IssueDraft) -> Issue:
        return await self._reader.issue(await self._issues.create(draft), _ONLY_FIELDS)

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        """In all projects: the issue may have been moved since."""
        found = await self._issues.find_by_marker(marker, since)
        return mapping.reference(self._client.base, found) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        return await self._reader.issue(await self._issues.update(issue, change), _ONLY_FIELDS)

    async def add_worklog(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        return await self._worklogs.add(issue_id, draft)

    async def edit_worklog(self, issue_id: str, worklog_id: str, draft: WorklogDraft) -> Worklog:
        return await self._worklogs.edit(worklog_id, draft)

    async def delete_worklog(self, issue_id: str, worklog_id: str) -> None:
        await self._worklogs.delete(worklog_id)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects or self._params.projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects or self._params.projects)

    def losses(self, field: str, value: Value) -> tuple[str, ...]:
        return losses(field, value, self._markup)

    def parse_webhook(self, request: WebhookRequest) -> tuple[IssueChanged, ...]:
        return webhook.parse(request)

    async def close(self) -> None:
        """Holds nothing of its own."""
