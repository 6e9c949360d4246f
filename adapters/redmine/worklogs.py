"""Time entries: Redmine's records of time spent."""

from typing import Any

from adapters.redmine import errors, marker, moments, wire
from adapters.redmine.client import RedmineClient, segment
from adapters.redmine.directory import Directory, chosen
from adapters.redmine.items import Items
from adapters.redmine.mapping import Reader
from schemas.errors import Fault, TrackerError
from schemas.issue import Worklog, WorklogDraft
from schemas.rich_text import to_plain

_LONGEST = 1024
_WHAT = "list the time entries"
_MODULE = "time_tracking"


class TimeEntries:
    def __init__(
        self,
        client: RedmineClient,
        items: Items,
        directory: Directory,
        reader: Reader,
        activity: str,
        page_size: int,
    ) -> None:
        self._client = client
        self._items = items
        self._directory = directory
        self._reader = reader
        self._activity = activity
        self._page_size = page_size

    async def list(self, issue: wire.Issue) -> tuple[Worklog, ...] | None:
        """None where time is not tracked or not shown to the account."""
        project = await self._directory.project(issue.project.id)
        if _MODULE not in project.modules:
            return None
        try:
            entries = await self._entries(issue.id)
        except TrackerError as error:
            if error.fault is not Fault.PERMISSION:
                raise
            return None
        ordered = sorted(entries.values(), key=lambda item: (item.created_on, item.id))
        return tuple([await self._reader.worklog(item) for item in ordered])

    async def add(self, issue_id: str, draft: WorklogDraft) -> Worklog:
        issue = await self._items.get(issue_id)
        entry = {
            **_entry(draft),
            "issue_id": issue.id,
            "activity_id": await self._activity_id(issue),
        }
        what = "add a time entry"
        body = {"time_entry": entry}
        made = await self._client.make("/time_entries.json", body, wire.one_time_entry, what=what)
        return await self._reader.worklog(made.time_entry)

    async def edit(self, worklog_id: str, draft: WorklogDraft) -> Worklog:
        path = f"/time_entries/{segment(worklog_id)}.json"
        body = {"time_entry": _entry(draft)}
        await self._client.write("PUT", path, body, what="edit a time entry")
        found = await self._client.get(path, wire.one_time_entry, what="read a time entry")
        return await self._reader.worklog(found.time_entry)

    async def delete(self, worklog_id: str) -> None:
        path = f"/time_entries/{segment(worklog_id)}.json"
        try:
            await self._client.write("DELETE", path, what="delete a time entry")
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            await self._client.login.confirm()

    async def _entries(self, issue: int) -> dict[int, wire.TimeEntry]:
        found: dict[int, wire.TimeEntry] = {}
        seen = 0
        while True:
            page = await self._client.get(
                "/time_entries.json",
                wire.time_entries,
                what=_WHAT,
                query={
                    "issue_id": str(issue),
                    "sort": "created_on:asc",
                    "offset": str(seen),
                    "limit": str(self._page_size),
                },
            )
            # Older servers add those of subtasks.
            found.update((e.id, e) for e in page.time_entries if e.issue and e.issue.id == issue)
            seen += len(page.time_entries)
            if not page.time_entries or seen >= page.total_count:
                return found

    async def _activity_id(self, issue: wire.Issue) -> int:
        project = await self._directory.project(issue.project.id)
        known = {item.name: item.id for item in project.activities}
        if self._activity:
            return chosen("activity", self._activity, known)
        for activity in await self._directory.activities():
            if activity.is_default and activity.id in known.values():
                return activity.id
        if not known:
            raise errors.refused(
                Fault.VALIDATION,
                "The project has no activity for time entries.",
                remedy="Switch on time tracking in the project, or leave worklogs out.",
            )
        return next(iter(known.values()))


def _entry(draft: WorklogDraft) -> dict[str, Any]:
    words = " ".join(to_plain(draft.comment).split()) if draft.comment else ""
    return {
        "hours": round(moments.hours(draft.seconds), 6),
        "spent_on": moments.day(draft.started),
        "comments": marker.sign_plain(words, draft.marker, _LONGEST),
    }
