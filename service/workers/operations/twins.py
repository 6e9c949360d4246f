"""Twins: put an issue under sync, look at pairs, retry parked ones, read the activity."""

import msgspec
import sqlalchemy as sa

from schemas.api import (
    ActivityQuery,
    ConflictView,
    ErrorQuery,
    ErrorView,
    Page,
    Retried,
    RetryOne,
    SyncAnswer,
    SyncBody,
    Synced,
    TwinDetail,
    TwinQuery,
    TwinStatus,
    TwinView,
)
from schemas.errors import Fault, InputError, TrackerError
from schemas.events import TwinDue
from schemas.issue import Issue, Part
from schemas.node import Activity, ParkedTwin
from schemas.values import Millis
from service.store import activity, conflicts, outbox, parked, twins
from service.store.twin_records import TwinKey, TwinRow
from service.sync.markers import made_by
from service.workers.hints import Hint
from service.workers.operations.desk import Desk
from service.workers.parking import Keep, resume
from service.workers.roster import LiveConnection, OpenConnector


class TwinOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def sync(self, body: SyncBody) -> SyncAnswer:
        """Puts an issue under sync, or rings for it where it is already."""
        opened, issue = await self._find(body)
        having = await self._desk.store.read(
            lambda c: twins.by_issue(c, opened.record.id, issue.ref.id)
        )
        under = {found.connection: found for found in having}
        answers = []
        for live in self._wanted(opened, body):
            found = under.get(live.record.id)
            if found is not None:
                await self._ring(TwinKey(found.connection, found.twin))
                answers.append(Synced(live.record.name, found.twin, issue.ref.key, began=False))
            elif not made_by(issue.marker, live.record.shared):
                key = await self._desk.worker.begin(live, issue, Hint(local=True, force=True))
                if key is not None:
                    answers.append(Synced(live.record.name, key.twin, issue.ref.key, began=True))
        if not answers:
            raise InputError(
                f"{issue.ref.key} is under no connection, and none takes it.",
                status=409,
                remedy="Name an active connection of its connector with --connection.",
            )
        return SyncAnswer(tuple(answers))

    def _wanted(self, opened: OpenConnector, body: SyncBody) -> list[LiveConnection]:
        return [
            live
            for live in self._desk.roster.of_connector(opened.record.id)
            if live.record.status == "active"
            and (not body.connection or live.record.name == body.connection)
        ]

    async def _find(self, body: SyncBody) -> tuple[OpenConnector, Issue]:
        """The connector that holds the issue: as named, or the first that knows it."""
        for opened in self._candidates(body):
            try:
                return opened, await opened.tracker.read(
                    body.issue, frozenset({Part.FIELDS, Part.ATTACHMENTS})
                )
            except TrackerError as error:
                if error.fault not in (Fault.NOT_FOUND, Fault.VALIDATION, Fault.PERMISSION):
                    raise
        raise InputError(
            f"No connector finds the issue {body.issue!r}.",
            status=404,
            remedy="Check the key, and whether the connector's account may see the issue.",
        )

    def _candidates(self, body: SyncBody) -> list[OpenConnector]:
        desk = self._desk
        if body.connector:
            return [desk.connector(body.connector)]
        if body.connection:
            record = desk.connection(body.connection).record
            return [desk.roster.connectors[record.connector]]
        return list(desk.roster.connectors.values())

    async def _ring(self, key: TwinKey) -> None:
        desk = self._desk
        now = desk.now()
        await desk.store.write(lambda c: twins.set_due(c, key.connection, key.twin, now))
        await desk.publish((TwinDue(key.twin, key.connection),))

    async def page(self, query: TwinQuery) -> Page[TwinView]:
        connection = self._desk.connection(query.connection).record.id if query.connection else None

        def work(c: sa.Connection) -> list[TwinView]:
            rows = twins.page(
                c,
                connection=connection,
                issue=query.issue or None,
                limit=query.offset + query.page_size + 1 if not query.status else 1_000_000,
            )
            return [self._view(c, row) for row in rows]

        views = await self._desk.store.read(work)
        if query.status:
            views = [view for view in views if view.status == query.status]
        shown = tuple(views[query.offset : query.offset + query.page_size])
        more = len(views) > query.offset + query.page_size
        return Page(shown, query.page, query.page_size, more)

    async def one(self, connection: str, twin: str) -> TwinDetail:
        record = self._desk.connection(connection).record

        def work(c: sa.Connection) -> TwinDetail | None:
            row = twins.get(c, record.id, twin)
            if row is None:
                return None
            stopped = parked.get(c, record.id, twin)
            lost = conflicts.page(c, connection=record.id, twin=twin)
            return TwinDetail(
                twin=self._view(c, row),
                comments=sum(1 for t in row.state.comments if not t.removed),
                attachments=sum(1 for t in row.state.attachments if not t.removed),
                conflicts=tuple(_conflict(found.conflict) for found in lost),
                error=self._error(stopped) if stopped else None,
                activity=tuple(
                    found.activity for found in activity.page(c, connection=record.id, twin=twin)
                ),
                losses=row.state.losses,
            )

        found = await self._desk.store.read(work)
        if found is None:
            raise InputError("There is no such twin.", status=404, remedy="See `tidegate twins`.")
        return found

    async def errors(self, query: ErrorQuery) -> Page[ErrorView]:
        connection = self._desk.connection(query.connection).record.id if query.connection else None
        limit = query.offset + query.page_size + 1
        found = await self._desk.store.read(
            lambda c: parked.page(c, connection=connection, limit=limit)
        )
        shown = found[query.offset : query.offset + query.page_size]
        more = len(found) > query.offset + query.page_size
        return Page(tuple(self._error(each) for each in shown), query.page, query.page_size, more)

    async def error(self, connection: str, twin: str) -> ErrorView:
        record = self._desk.connection(connection).record
        found = await self._desk.store.read(lambda c: parked.get(c, record.id, twin))
        if found is None:
            raise InputError(
                "This twin is not parked.", status=404, remedy="See `tidegate errors list`."
            )
        return self._error(found)

    async def retry(self, connection: str, twin: str, body: RetryOne) -> Retried:
        record = self._desk.connection(connection).record
        return Retried(await self._unpark([TwinKey(record.id, twin)], body.keep))

    async def retry_all(self, connection: str) -> Retried:
        own = self._desk.connection(connection).record.id if connection else None
        found = await self._desk.store.read(
            lambda c: parked.page(c, connection=own, limit=1_000_000)
        )
        return Retried(await self._unpark([TwinKey(p.connection, p.twin) for p in found]))

    async def _unpark(self, keys: list[TwinKey], keep: Keep = "") -> int:
        desk = self._desk
        now, owner = desk.now(), desk.new_id()

        def work(c: sa.Connection) -> list[TwinKey]:
            return [key for key in keys if resume(c, key, keep, owner=owner, now=now)]

        freed = await desk.store.write(work)
        if freed:
            await desk.publish(tuple(TwinDue(key.twin, key.connection) for key in freed))
        return len(freed)

    async def activity(self, query: ActivityQuery) -> Page[Activity]:
        connection = self._desk.connection(query.connection).record.id if query.connection else None
        limit = query.offset + query.page_size + 1
        rows = await self._desk.store.read(
            lambda c: activity.page(c, connection=connection, twin=query.twin or None, limit=limit)
        )
        shown = rows[query.offset : query.offset + query.page_size]
        items = tuple(self._named(row.activity) for row in shown)
        return Page(items, query.page, query.page_size, len(rows) > len(shown) + query.offset)

    def _named(self, entry: Activity) -> Activity:
        """With the connection's name in place of its id."""
        return msgspec.structs.replace(entry, connection=self._name_of(entry.connection))

    def _name_of(self, connection: str) -> str:
        live = self._desk.roster.connections.get(connection)
        return live.record.name if live else connection

    def _error(self, entry: ParkedTwin) -> ErrorView:
        return ErrorView(
            twin=entry.twin,
            connection=self._name_of(entry.connection),
            issue=entry.issue,
            fault=entry.fault,
            message=entry.message,
            remedy=entry.remedy,
            since=entry.since,
            attempts=entry.attempts,
            file=entry.file,
            line=entry.line,
            trace=entry.trace,
        )

    def _view(self, c: sa.Connection, row: TwinRow) -> TwinView:
        state = row.state
        waits = outbox.waiting(c, row.connection, row.twin)
        return TwinView(
            id=row.twin,
            connection=self._name_of(row.connection),
            issue=state.issue.key if state.issue else "",
            url=state.issue.url if state.issue else "",
            remote_issue=state.replica.key or state.remote_issue,
            remote_url=state.replica.url,
            status=_status(row, waits=waits, now=self._desk.now()),
            version=state.version,
            acknowledged=state.acknowledged,
            replica_version=state.replica_version,
            included=state.included,
            attempts=row.attempts,
            due_at=row.due_at,
            reconciled_at=row.reconciled_at or None,
        )


def _status(row: TwinRow, *, waits: bool, now: Millis) -> TwinStatus:
    if row.parked:
        return "parked"
    if row.stopped:
        return "stopped"
    if row.due_at is not None or row.incoming is not None or row.lease_until > now:
        return "working"
    if row.state.issue is None and row.state.replica_version > row.state.included:
        # Its parent is not here yet.
        return "working"
    if row.state.replica.attachments:
        # Their content is on its way.
        return "working"
    return "waiting" if waits else "in_step"


def _conflict(found: conflicts.Conflict) -> ConflictView:
    return ConflictView(
        found.field, found.winner, found.decided_by, found.kept, found.lost, found.at
    )
