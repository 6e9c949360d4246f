"""Finding an issue of ours by the marker that was set when it was created."""

from adapters.jira import answers, mapping, wire
from adapters.jira.client import JiraClient, segment
from adapters.jira.scan import quoted
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

_MARGIN = 10 * 60 * 1000
"""Jira's clock and ours may differ by this many milliseconds."""
_PAGE = 100
_GAP = 3
"""So many numbers in a row may have no issue, as after a deletion; more mean the end."""
_MOST_KEYS = 200
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
                return await self._not_indexed(marker, project)

    async def _not_indexed(self, marker: str, project: str) -> answers.Issue | None:
        """The index may be late, on one node for long. So the keys after the newest one that it
        knows are read directly: the database knows them at once."""
        jql = f"project = {quoted(project)} ORDER BY key DESC"
        newest = (await self._page(jql, 0, 1)).issues
        key, _, text = newest[0].key.rpartition("-") if newest else (project, "", "0")
        number, missing = int(text) if text.isdigit() else 0, 0
        for _ in range(_MOST_KEYS):
            number += 1
            found = await self._read(f"{key}-{number}")
            missing = 0 if found else missing + 1
            if found is not None and await self._marker(found) == marker:
                return found
            if missing >= _GAP:
                break
        return None

    async def _read(self, key: str) -> answers.Issue | None:
        query = {"fields": "created", "properties": mapping.MARKER_KEY}
        try:
            body = await self._client.get(f"/issue/{segment(key)}", query, what=_WHAT)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            return None
        return wire.read(wire.issue, body, _WHAT)

    async def _page(self, jql: str, start: int, size: int = _PAGE) -> answers.SearchPage:
        query = {
            "jql": jql,
            "startAt": str(start),
            "maxResults": str(size),
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
