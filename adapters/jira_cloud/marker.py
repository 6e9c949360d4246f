"""Finding an issue of ours by the marker that was set when it was created.

Jira's search learns of a new issue late, and an absence that it tells would make a second one. So
the newest keys are also asked for one by one, which shows them as they are.
"""

from collections import deque
from typing import Any

import msgspec

from adapters.jira import answers, mapping, wire
from adapters.jira.client import JiraClient
from adapters.jira.scan import quoted
from schemas.values import Millis

_MARGIN = 10 * 60 * 1000
"""Jira's clock and ours may differ by this many milliseconds."""
_PAGE = 100
_RECONCILED = 50
"""Ids for which a search may be asked to look anew."""
_BEHIND = 50
"""Keys below the newest one that search knows: it need not learn of them in order."""
_GAP = 25
"""So many numbers in a row may have no issue, as after deletions; more mean the end."""
_MOST_WINDOWS = 20
_WHAT = "look for a marker"


class Page(msgspec.Struct, frozen=True, rename="camel"):
    issues: tuple[answers.Issue, ...] = ()
    next_page_token: str = ""
    is_last: bool = True

    @property
    def onward(self) -> str:
        return "" if self.is_last else self.next_page_token


page_decoder = msgspec.json.Decoder(Page)


class CloudMarkers:
    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._made: deque[int] = deque(maxlen=_RECONCILED)

    def remember(self, issue_id: str) -> None:
        """An issue that was just made; a search is told to see it."""
        if issue_id.isdigit():
            self._made.append(int(issue_id))

    async def find(self, marker: str, project: str, since: Millis) -> answers.Issue | None:
        """Among the issues that our account created in the project since then."""
        jql = (
            f"project = {quoted(project)} AND creator = currentUser()"
            f" AND created >= {since - _MARGIN} ORDER BY created ASC, key ASC"
        )
        onward = ""
        while True:
            page = await self._search(jql, _PAGE, onward)
            for issue in page.issues:
                if _marker(issue) == marker:
                    return issue
            onward = page.onward
            if not page.issues or not onward:
                return await self._among_newest(marker, project)

    async def _among_newest(self, marker: str, project: str) -> answers.Issue | None:
        page = await self._search(f"project = {quoted(project)} ORDER BY key DESC", 1, "")
        newest = page.issues[0].key if page.issues else f"{project}-0"
        prefix, _, number = newest.rpartition("-")
        start = max(1, int(number) - _BEHIND)
        for _ in range(_MOST_WINDOWS):
            found = await self._fetch([f"{prefix}-{start + step}" for step in range(_PAGE)])
            for issue in found:
                if _marker(issue) == marker:
                    return issue
            highest = max((int(issue.key.rpartition("-")[2]) for issue in found), default=0)
            if highest < start + _PAGE - _GAP:
                return None
            start += _PAGE
        return None

    async def _search(self, jql: str, size: int, onward: str) -> Page:
        body: dict[str, Any] = {
            "jql": jql,
            "maxResults": size,
            "fields": ["created"],
            "properties": [mapping.MARKER_KEY],
        }
        if self._made:
            body["reconcileIssues"] = list(self._made)
        if onward:
            body["nextPageToken"] = onward
        return wire.read(
            page_decoder, await self._client.ask("/search/jql", body, what=_WHAT), _WHAT
        )

    async def _fetch(self, keys: list[str]) -> tuple[answers.Issue, ...]:
        body = {
            "issueIdsOrKeys": keys,
            "fields": ["created"],
            "properties": [mapping.MARKER_KEY],
        }
        answer = await self._client.ask("/issue/bulkfetch", body, what=_WHAT)
        return wire.read(page_decoder, answer, _WHAT).issues


def _marker(issue: answers.Issue) -> str:
    return mapping.marker_in((issue.properties or {}).get(mapping.MARKER_KEY))
