"""Triggers: kept, previewed, and what they match now."""

from collections.abc import AsyncIterator

import msgspec
import sqlalchemy as sa

from adapters.port import Searching, Tracker
from schemas.api import Page, PageQuery
from schemas.errors import Fault, InputError, TrackerError
from schemas.issue import Issue, IssueRef, Part
from schemas.node import Connection
from schemas.triggers import PreviewIssue, TriggerPreview, TriggerSpec, TriggerView
from service.store import triggers, twins
from service.store.triggers import TriggerRow
from service.sync.markers import made_by
from service.workers.operations.desk import Desk
from service.workers.roster import placed, touch
from service.workers.triggers import matches

ASK_ABOVE = 100
"""Acting on more needs their number as a confirmation."""
_SHOWN = 50
_MOST = 100_000
_LOOKED_AT = 500
"""Issues that a preview reads where the tracker cannot search."""
_FIELDS = frozenset({Part.FIELDS})


class Found(msgspec.Struct, frozen=True):
    issues: tuple[IssueRef, ...]
    complete: bool = True


class TriggerOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, connection: str, query: PageQuery) -> Page[TriggerView]:
        own = self._desk.connection(connection).record.id
        rows = await self._desk.store.read(lambda c: triggers.of_connection(c, own))
        shown = rows[query.offset : query.offset + query.page_size]
        return Page(len(rows), tuple(_view(row, connection) for row in shown))

    async def one(self, connection: str, name: str) -> TriggerView:
        return _view(await self._row(connection, name), connection)

    async def put(self, connection: str, name: str, spec: TriggerSpec) -> TriggerView:
        """Looks its query up in the tracker before it is kept."""
        record = self._desk.connection(connection).record
        await self._checked(record, spec)
        row = TriggerRow(record.id, name, spec, self._desk.now())

        def work(c: sa.Connection) -> None:
            triggers.put(c, row)
            touch(c)

        await self._desk.store.write(work)
        await self._desk.changed()
        return await self.one(connection, name)

    async def remove(self, connection: str, name: str) -> None:
        record = self._desk.connection(connection).record

        def work(c: sa.Connection) -> bool:
            touch(c)
            return triggers.remove(c, record.id, name)

        if not await self._desk.store.write(work):
            raise _missing(name)
        await self._desk.changed()

    async def preview(self, connection: str, spec: TriggerSpec) -> TriggerPreview:
        record = self._desk.connection(connection).record
        await self._checked(record, spec)
        found = await self._found(record, spec, _LOOKED_AT)
        ids = [issue.id for issue in found.issues]

        def work(c: sa.Connection) -> set[str]:
            having = twins.by_issues(c, record.connector, ids)
            return {each.issue_id for each in having if each.connection == record.id}

        under = await self._desk.store.read(work) if ids else set[str]()
        shown = tuple(
            PreviewIssue(issue.key, issue.url, issue.id in under) for issue in found.issues[:_SHOWN]
        )
        count = len(ids)
        fresh = sum(id not in under for id in ids)
        return TriggerPreview(count, found.complete, fresh, count > ASK_ABOVE, shown)

    async def chosen(self, connection: str, name: str, confirmed: int | None) -> tuple[str, ...]:
        """The ids of all that it matches. 409 where so many need a confirmation."""
        record = self._desk.connection(connection).record
        row = await self._row(connection, name)
        await self._checked(record, row.spec)
        found = await self._found(record, row.spec, _MOST)
        count = len(found.issues)
        if count > ASK_ABOVE and confirmed is None:
            raise InputError(
                f"The trigger {name!r} matches {count} issues.",
                status=409,
                remedy=f"See them with its preview, then say `confirmed`: {count}.",
            )
        if confirmed is not None and confirmed < count:
            raise InputError(
                f"The trigger {name!r} matches {count} issues, and {confirmed} were confirmed.",
                status=409,
                remedy="Look at its preview again.",
            )
        return tuple(issue.id for issue in found.issues)

    async def _row(self, connection: str, name: str) -> TriggerRow:
        own = self._desk.connection(connection).record.id
        row = await self._desk.store.read(lambda c: triggers.get(c, own, name))
        if row is None:
            raise _missing(name)
        return row

    async def _checked(self, record: Connection, spec: TriggerSpec) -> None:
        await check_trigger(self._tracker(record), placed(spec, record))

    async def _found(self, record: Connection, spec: TriggerSpec, most: int) -> Found:
        whole, tracker = placed(spec, record), self._tracker(record)
        found: list[IssueRef] = []
        looked = 0
        async for ref, issue in _candidates(tracker, whole):
            looked += 1
            if looked > most:
                return Found(tuple(found), complete=False)
            seen = issue or await _read(tracker, ref.id)
            if (
                seen is not None
                and matches(whole, seen)
                and not made_by(seen.marker, record.shared)
            ):
                found.append(seen.ref)
        return Found(tuple(found))

    def _tracker(self, record: Connection) -> Tracker:
        return self._desk.roster.connectors[record.connector].tracker


async def check_trigger(tracker: Tracker, spec: TriggerSpec) -> None:
    """Raises `InputError` for one without a project, and for a query that the tracker refuses."""
    if not spec.project:
        raise InputError("A trigger is for one project.", field="project")
    if not spec.query:
        return
    if not isinstance(tracker, Searching):
        raise InputError(
            f"{tracker.capabilities.title} has no queries here: use conditions.", field="query"
        )
    try:
        await tracker.search(spec.query, (spec.project,))
    except TrackerError as error:
        if error.fault is not Fault.VALIDATION:
            raise
        raise InputError(error.message, field="query", remedy=error.remedy) from error


async def _candidates(
    tracker: Tracker, spec: TriggerSpec
) -> AsyncIterator[tuple[IssueRef, Issue | None]]:
    """Those that its query finds, or all of the project."""
    if not spec.query:
        async for change in tracker.all_issues((spec.project,)):
            yield IssueRef(change.issue, "", ""), None
        return
    if not isinstance(tracker, Searching):
        return
    cursor = ""
    while True:
        page = await tracker.search(spec.query, (spec.project,), cursor=cursor)
        for ref in page.issues:
            yield ref, None
        cursor = page.cursor
        if not cursor:
            return


async def _read(tracker: Tracker, issue: str) -> Issue | None:
    """None: it went out of sight meanwhile."""
    try:
        return await tracker.read(issue, _FIELDS)
    except TrackerError as error:
        if error.fault in (Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION):
            return None
        raise


def _view(row: TriggerRow, connection: str) -> TriggerView:
    return TriggerView(connection, row.name, row.spec, row.created)


def _missing(name: str) -> InputError:
    return InputError(
        f"There is no trigger {name!r}.", status=404, remedy="See `tidegate trigger list`."
    )
