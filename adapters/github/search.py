"""Searching by GitHub's own query, such as `is:open label:shared`."""

import re

from adapters.github import answers, mapping, wire
from adapters.github.client import GitHubClient
from adapters.github.errors import invalid
from adapters.github.pages import next_page
from adapters.github.places import Place, Repositories, project_of
from adapters.port import SearchPage
from adapters.query_text import whole, wrong
from schemas.issue import IssueRef

_TITLE = "GitHub"
_WHAT = "search issues"
_MOST = 1000
"""What GitHub shows of one search."""
_PLACES = re.compile(r"(?:^|\s)-?(repo|org|user):", re.IGNORECASE)


class IssueSearch:
    def __init__(self, client: GitHubClient, repositories: Repositories) -> None:
        self._client = client
        self._repositories = repositories

    async def page(
        self, query: str, projects: tuple[str, ...], cursor: str, issue: str
    ) -> SearchPage:
        text = whole(query, _TITLE, quotes='"')
        if named := _PLACES.search(text):
            raise wrong(_TITLE, "the repository is the trigger's own", named.start(1))
        places = " ".join(f"repo:{name}" for name in projects)
        number = int(cursor or 1)
        asked = {
            "q": f"{text} is:issue {places}",
            # One issue that just changed stands on top; GitHub cannot ask for it by its number.
            "sort": "updated" if issue else "created",
            "order": "desc" if issue else "asc",
            "per_page": "100" if issue else str(self._client.page_size),
            "page": str(number),
        }
        answer = await self._client.answer("/search/issues", asked, what=_WHAT)
        found = self._client.decode(answer, wire.found, what=_WHAT)
        if not issue and found.total_count > _MOST:
            raise invalid(
                f"GitHub finds {found.total_count} issues and shows {_MOST} of them at most.",
                "query",
                "Narrow the query, such as by created:2026-01-01..2026-06-30, and use several.",
            )
        refs = [await self._reference(row) for row in found.items if row.pull_request is None]
        if issue:
            return SearchPage(tuple(ref for ref in refs if ref.id == issue))
        more = bool(next_page(answer.headers.get("Link", "")))
        return SearchPage(tuple(refs), str(number + 1) if more else "")

    async def _reference(self, row: answers.Issue) -> IssueRef:
        number = await self._repositories.number(project_of(row))
        return mapping.reference(Place(number, row.number), row)
