"""What all kinds of Jira do alike behind the tracker port: each part of it has its own topic."""

from collections.abc import AsyncIterator
from typing import Protocol

from adapters.delegating import WithAttachments, WithCatalogue, WithComments, WithPeople
from adapters.jira import answers, mapping
from adapters.jira.attachments import Attachments
from adapters.jira.comments import Comments
from adapters.jira.issues import Issues
from adapters.jira.metadata import Catalogue
from adapters.jira.scan import Scan
from adapters.jira.search import JqlSearch
from adapters.jira.worklogs import Worklogs
from adapters.port import ChangesPage, SearchPage
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
from schemas.values import Millis, User


class Markers(Protocol):
    async def find(self, marker: str, project: str, since: Millis) -> answers.Issue | None: ...


class People(Protocol):
    async def find(self, query: str) -> tuple[User, ...]: ...


class AnyJira(WithComments, WithAttachments, WithCatalogue, WithPeople):
    """Expected versions do not exist in Jira: `update` writes over whatever is there, and learns
    from the history what that was."""

    def __init__(
        self,
        base: str,
        projects: tuple[str, ...],
        issues: Issues,
        comments: Comments,
        attachments: Attachments,
        worklogs: Worklogs,
        people: People,
        markers: Markers,
        scan: Scan,
        catalogue: Catalogue,
        jql: JqlSearch,
    ) -> None:
        """`base` is the address under which people open Jira, `projects` those to scan."""
        self._base = base
        self._projects = projects
        self._issues = issues
        self._comments = comments
        self._attachments = attachments
        self._worklogs = worklogs
        self._people = people
        self._markers = markers
        self._scan = scan
        self._catalogue = catalogue
        self._jql = jql

    async def resolve(self, key_or_id: str) -> IssueRef:
        return await self._issues.resolve(key_or_id.strip())

    async def read(self, issue_id: str, parts: frozenset[Part]) -> Issue:
        return await self._issues.read(issue_id, parts)

    async def create(self, draft: IssueDraft) -> Issue:
        return await self._issues.create(draft)

    async def find_by_marker(self, marker: str, project: str, since: Millis) -> IssueRef | None:
        found = await self._markers.find(marker, project, since)
        return mapping.reference(self._base, found) if found else None

    async def update(self, issue: Issue, change: FieldChange) -> Issue:
        return await self._issues.update(issue, change)

    async def add_worklog(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        return await self._worklogs.add(issue_id, draft)

    async def edit_worklog(self, issue_id: str, worklog_id: str, draft: WorklogDraft) -> Worklog:
        return await self._worklogs.edit(issue_id, worklog_id, draft)

    async def delete_worklog(self, issue_id: str, worklog_id: str) -> None:
        await self._worklogs.delete(issue_id, worklog_id)

    async def search(
        self, query: str, projects: tuple[str, ...], *, cursor: str = "", issue: str = ""
    ) -> SearchPage:
        return await self._jql.page(query, projects or self._projects, cursor, issue)

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        return await self._scan.changed_since(cursor, projects or self._projects)

    def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        return self._scan.all_issues(projects or self._projects)

    async def close(self) -> None:
        """Holds nothing of its own."""
