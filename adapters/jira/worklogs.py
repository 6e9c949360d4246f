"""Worklogs: complete, with our marker as an anchor that nobody sees."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from adapters.jira import answers, errors, markup, moments, users, wire
from adapters.jira.client import JiraClient, segment
from schemas.errors import Fault, TrackerError
from schemas.issue import Worklog, WorklogDraft
from schemas.rich_text import RichText
from schemas.values import User

_PAGE = 1000
_WHAT = "list the worklogs"
_SHORTEST = 60
# The remaining estimate travels as a field of its own.
_LEAVE = {"adjustEstimate": "leave"}
_ANCHOR = re.compile(r"\s*\{anchor:tidegate-([^}\s]*)\}")


class Worklogs:
    """Jira Data Center keeps no properties of worklogs, so the marker stands in the comment."""

    _LISTED: ClassVar[Mapping[str, str]] = {}
    """What the list is asked for besides."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    async def complete(
        self, issue_id: str, page: answers.WorklogPage | None
    ) -> tuple[Worklog, ...] | None:
        """All worklogs of an issue whose answer held `page`; an answer holds the first 20. None
        where time is not tracked."""
        if page is None:
            return None
        if page.total <= len(page.worklogs):
            return self._in_order(page.worklogs)
        return await self._list(issue_id)

    async def add(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        made = await self._client.make(
            "POST",
            _path(issue_id),
            self._body(draft),
            wire.worklog,
            what="add a worklog",
            query=_LEAVE,
        )
        return self._shown(made)

    async def edit(self, issue_id: str, worklog_id: str, draft: WorklogDraft) -> Worklog:
        made = await self._client.make(
            "PUT",
            _path(issue_id, worklog_id),
            self._body(draft),
            wire.worklog,
            what="edit a worklog",
            query=_LEAVE,
        )
        return self._shown(made)

    async def delete(self, issue_id: str, worklog_id: str) -> None:
        path = _path(issue_id, worklog_id)
        try:
            await self._client.write("DELETE", path, what="delete a worklog", query=_LEAVE)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            # The same answer comes when the issue itself is out of sight.
            await self._client.get(
                f"/issue/{segment(issue_id)}", {"fields": "updated"}, what="read the issue"
            )

    async def _list(self, issue_id: str) -> tuple[Worklog, ...]:
        found: dict[str, answers.Worklog] = {}
        seen = 0
        while True:
            query = {"startAt": str(seen), "maxResults": str(_PAGE), **self._LISTED}
            body = await self._client.get(_path(issue_id), query, what=_WHAT)
            page = wire.read(wire.worklog_page, body, _WHAT)
            # Servers tell all at once, whatever was asked for.
            found.update((item.id, item) for item in page.worklogs)
            seen += len(page.worklogs)
            if seen >= page.total:
                return self._in_order(tuple(found.values()))
            if not page.worklogs:
                raise errors.unreadable(_WHAT)

    def _body(self, draft: WorklogDraft) -> dict[str, Any]:
        words = markup.render(draft.comment) if draft.comment else ""
        marker = f"{{anchor:tidegate-{quote(draft.marker, safe='')}}}"
        return {**time_of(draft), "comment": f"{words}\n{marker}".strip()}

    def _shown(self, found: answers.Worklog) -> Worklog:
        text, marker = _without_marker(found.comment or "")
        return to_worklog(found, markup.parse(text) if text else None, marker)

    def _in_order(self, found: tuple[answers.Worklog, ...]) -> tuple[Worklog, ...]:
        ordered = sorted(
            found, key=lambda item: (moments.parse_or_zero(item.created), len(item.id), item.id)
        )
        return tuple(self._shown(item) for item in ordered)


def time_of(draft: WorklogDraft) -> dict[str, Any]:
    return {
        "started": moments.told(draft.started),
        "timeSpentSeconds": max(_SHORTEST, round(draft.seconds / 60) * 60),
    }


def to_worklog(found: answers.Worklog, comment: RichText | None, marker: str) -> Worklog:
    return Worklog(
        id=found.id,
        seconds=found.time_spent_seconds,
        started=moments.parse_or_zero(found.started),
        author=users.to_user(found.author) or User(),
        comment=comment,
        updated=moments.parse_or_zero(found.updated),
        marker=marker,
    )


def _without_marker(text: str) -> tuple[str, str]:
    found = _ANCHOR.search(text)
    if found is None:
        return text, ""
    return _ANCHOR.sub("", text), unquote(found[1])


def _path(issue_id: str, worklog_id: str = "") -> str:
    path = f"/issue/{segment(issue_id)}/worklog"
    return f"{path}/{segment(worklog_id)}" if worklog_id else path
