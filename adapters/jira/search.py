"""Searching by JQL."""

from adapters.jira import mapping
from adapters.jira.scan import Found, Search, quoted
from adapters.port import SearchPage
from adapters.query_text import whole, without_order
from schemas.errors import Fault, TrackerError

_TITLE = "Jira"


class JqlSearch:
    def __init__(self, base: str, search: Search) -> None:
        self._base = base
        self._search = search

    async def page(
        self, query: str, projects: tuple[str, ...], cursor: str, issue: str
    ) -> SearchPage:
        text = whole(without_order(whole(query, _TITLE), _TITLE), _TITLE)
        clauses = [f"({text})"]
        if projects:
            clauses.append(f"project in ({', '.join(map(quoted, projects))})")
        if issue:
            clauses.append(f"id = {quoted(issue)}")
        jql = " AND ".join(clauses) + " ORDER BY created ASC, key ASC"
        found = await self._asked(jql, cursor)
        refs = tuple(mapping.reference(self._base, row) for row in found.issues)
        return SearchPage(refs, found.onward if refs else "")

    async def _asked(self, jql: str, cursor: str) -> Found:
        """Jira says of an unknown field what it says of an issue out of sight."""
        try:
            return await self._search(jql, cursor, "created,project")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            raise TrackerError(
                Fault.VALIDATION,
                error.message,
                remedy="Correct the query; try it in Jira's own search.",
                status=error.status,
                field="query",
            ) from error
