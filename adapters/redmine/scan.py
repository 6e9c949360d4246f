"""The scan: what changed, read in the order of change by moving a bound."""

from collections.abc import AsyncIterator, Callable
from typing import Literal

import msgspec

from adapters.port import ChangesPage
from adapters.redmine import errors, moments, wire
from adapters.redmine.client import Pairs, RedmineClient
from adapters.redmine.directory import Directory
from schemas.errors import Fault, TrackerError
from schemas.events import IssueChanged
from schemas.issue import Part
from schemas.values import Millis

Column = Literal["updated_on", "created_on"]
_LIST = "list the issues"
_BEFORE = 1000
"""Redmine keeps parts of a second and hides them: a bound lets in some of the second before."""
_SECOND_IS_OVER = 2000
"""Milliseconds of ours after which Redmine's second of a moment ago has surely passed."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    at: Millis
    """The newest change handed out."""
    low: Millis | None = None
    """Where a round that is not at its end goes on."""
    skip: int = 0
    """Rows to pass over at `low`: more issues changed in that second than fit a page."""
    seen: dict[str, Millis] = {}
    """Handed out within the overlap: issue id -> moment of its change."""
    since: Millis = 0
    """When, by our clock, `at` was first handed out."""
    entry: int = 0
    """The highest id of a time entry that was seen; such an entry raises no issue's date."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cursor).decode


class Scan:
    """Redmine tells whole seconds, and a long transaction shows up late. So each round starts
    `overlap` before the newest change seen, and passes over what was handed out already. The bound
    follows Redmine's own times, so that our clock does not matter."""

    def __init__(
        self,
        connector: str,
        client: RedmineClient,
        directory: Directory,
        now: Callable[[], Millis],
        overlap: float,
        page_size: int,
    ) -> None:
        self._connector = connector
        self._client = client
        self._directory = directory
        self._now = now
        self._overlap = int(overlap * 1000)
        self._page_size = page_size

    async def changed_since(self, cursor: str | None, projects: tuple[str, ...]) -> ChangesPage:
        ids = await self._ids(projects)
        if cursor is None:
            return ChangesPage((), _text(await self._start(ids)), True)
        state = _read(cursor)
        low = max(0, state.at - self._overlap if state.low is None else state.low)
        page = await self._page(ids, "updated_on", low, state.skip)
        rows = [(row, moments.parse(row.updated_on)) for row in page.issues]
        fresh = [row for row, at in rows if state.seen.get(str(row.id)) != at]
        changes = [await self._event(row.id, row.project.id) for row in fresh]
        more = bool(rows) and state.skip + len(rows) < page.total_count
        following = self._next(state, low, rows, more)
        if not more:
            entries, newest = await self._entries(state.entry, ids)
            changes += [await self._event(issue, 0, (Part.WORKLOGS,)) for issue in sorted(entries)]
            following = msgspec.structs.replace(following, entry=newest)
        return ChangesPage(tuple(changes), _text(following), not more)

    async def all_issues(self, projects: tuple[str, ...]) -> AsyncIterator[IssueChanged]:
        """By date of creation, which never changes."""
        ids = await self._ids(projects)
        low, skip = 0, 0
        told: dict[int, Millis] = {}
        while True:
            page = await self._page(ids, "created_on", low, skip)
            rows = [(row, moments.parse(row.created_on)) for row in page.issues]
            for row, _ in rows:
                if row.id not in told:
                    yield await self._event(row.id, row.project.id)
            if not rows or skip + len(rows) >= page.total_count:
                return
            low, skip = _advance(low, skip, rows)
            told.update((row.id, at) for row, at in rows)
            told = {number: at for number, at in told.items() if at >= low - _BEFORE}

    async def _start(self, ids: tuple[int, ...]) -> Cursor:
        query = _issue_query(ids, "updated_on", 0, "updated_on:desc", 0, 1)
        newest = await self._client.get("/issues.json", wire.issues, what=_LIST, query=query)
        at = max((moments.parse(row.updated_on) for row in newest.issues), default=0)
        _, entry = await self._entries(None, ids)
        # What changes in the same second as the newest change would look the same: tell it anew.
        return Cursor(at, low=at, entry=entry)

    def _next(
        self, state: Cursor, low: Millis, rows: list[tuple[wire.Issue, Millis]], more: bool
    ) -> Cursor:
        at = max([state.at, *(moment for _, moment in rows)])
        since = state.since if at == state.at and state.since else self._now()
        # An issue may change once more in the newest second, so what it holds is told again later.
        over = self._now() - since >= _SECOND_IS_OVER
        floor, ceiling = at - self._overlap, at if over else at - 1
        seen = {key: moment for key, moment in state.seen.items() if moment >= floor}
        seen.update((str(row.id), moment) for row, moment in rows if floor <= moment <= ceiling)
        if not more:
            return Cursor(at, seen=seen, since=since, entry=state.entry)
        low, skip = _advance(low, state.skip, rows)
        return Cursor(at, low, skip, seen, since, state.entry)

    async def _ids(self, projects: tuple[str, ...]) -> tuple[int, ...]:
        return tuple([(await self._directory.project(key)).id for key in projects])

    async def _page(
        self, ids: tuple[int, ...], column: Column, low: Millis, skip: int
    ) -> wire.Issues:
        query = _issue_query(ids, column, low, f"{column}:asc,id:asc", skip, self._page_size)
        return await self._client.get("/issues.json", wire.issues, what=_LIST, query=query)

    async def _entries(self, last: int | None, ids: tuple[int, ...]) -> tuple[set[int], int]:
        """Issues with entries newer than `last`, and the newest entry; None tells that only."""
        found: set[int] = set()
        newest = last or 0
        offset = 0
        while True:
            page = await self._entry_page(ids, offset, 1 if last is None else self._page_size)
            entries = page.time_entries
            newest = max([newest, *(entry.id for entry in entries)])
            if last is None or not entries:
                return found, newest
            found |= {entry.issue.id for entry in entries if entry.issue and entry.id > last}
            offset += len(entries)
            if entries[-1].id <= last or offset >= page.total_count:
                return found, newest

    async def _entry_page(self, ids: tuple[int, ...], offset: int, size: int) -> wire.TimeEntries:
        query = (
            ("set_filter", "1"),
            *project_filter(ids),
            ("sort", "created_on:desc"),
            ("offset", str(offset)),
            ("limit", str(size)),
        )
        try:
            return await self._client.get(
                "/time_entries.json", wire.time_entries, what="list the time entries", query=query
            )
        except TrackerError as error:
            if error.fault is not Fault.PERMISSION:
                raise
            return wire.TimeEntries(())

    async def _event(self, issue: int, project: int, parts: tuple[Part, ...] = ()) -> IssueChanged:
        return IssueChanged(
            connector=self._connector,
            issue=str(issue),
            parts=parts,
            project=(await self._directory.project(project)).identifier if project else "",
            source="scan",
            at=self._now(),
        )


def _advance(low: Millis, skip: int, rows: list[tuple[wire.Issue, Millis]]) -> tuple[Millis, int]:
    """Where the next page starts: at the second of the last row, or behind it within the second."""
    last = rows[-1][1]
    return (last, 0) if last > low else (low, skip + len(rows))


def _issue_query(
    ids: tuple[int, ...], column: Column, low: Millis, sort: str, skip: int, size: int
) -> Pairs:
    """Closed issues too. Redmine ignores a filter that it does not know, so these are its own."""
    pairs: list[tuple[str, str]] = [
        ("set_filter", "1"),
        ("f[]", "status_id"),
        ("op[status_id]", "*"),
    ]
    if low > 0:
        pairs += [
            ("f[]", column),
            (f"op[{column}]", ">="),
            (f"v[{column}][]", moments.text(low)),
        ]
    pairs += project_filter(ids)
    pairs += [("sort", sort), ("offset", str(skip)), ("limit", str(size))]
    return tuple(pairs)


def project_filter(ids: tuple[int, ...]) -> Pairs:
    if not ids:
        return ()
    values = (("v[project_id][]", str(number)) for number in ids)
    return (("f[]", "project_id"), ("op[project_id]", "="), *values)


def _text(cursor: Cursor) -> str:
    return _encode(cursor).decode()


def _read(cursor: str) -> Cursor:
    try:
        return _decode(cursor)
    except msgspec.DecodeError as error:
        raise errors.refused(
            Fault.CONFIGURATION,
            "The kept position of the Redmine scan cannot be read.",
            remedy="Start the scan anew, and run a full scan once.",
        ) from error
