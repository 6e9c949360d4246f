"""Finding an issue of ours by the marker that was set when it was created."""

from adapters.jira import answers, mapping, wire
from adapters.jira.client import JiraClient, segment
from adapters.jira.scan import quoted
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

_MARGIN = 10 * 60 * 1000
"""Jira's clock and ours may differ by this many milliseconds."""
_PAGE = 100
_WHAT = "look for a marker"


class Markers:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    async def find(self, marker: str, project: str, since: Millis) -> answers.Issue | None:
        """Among the issues that our account created in the project since then."""
        jql = (
            f"project = {quoted(project)} AND creator = currentUser()"
            f" AND created >= {since - _MARGIN} ORDER BY created ASC, key ASC"
        )
        start = 0
        while True:
            page = await self._page(jql, start)
            for issue in page.issues:
                if await self._marker(issue) == marker:
                    return issue
            start += len(page.issues)
            if not page.issues or start >= page.total:
                return None

    async def _page(self, jql: str, start: int) -> answers.SearchPage:
        query = {
            "jql": jql,
            "startAt": str(start),
            "maxResults": str(_PAGE),
            "fields": "created",
            "properties": mapping.MARKER_KEY,
        }
        return wire.read(
            wire.search_page, await self._client.get("/search", query, what=_WHAT), _WHAT
        )

    async def _marker(self, issue: answers.Issue) -> str:
        if issue.properties is not None:
            return mapping.marker_in(issue.properties.get(mapping.MARKER_KEY))
        # Older servers search without properties, so each candidate is asked.
        path = f"/issue/{segment(issue.id)}/properties/{mapping.MARKER_KEY}"
        try:
            body = await self._client.get(path, what=_WHAT)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            return ""
        return mapping.marker_in(wire.read(wire.property_, body, _WHAT).value)
