"""Twins: put an issue under sync, look at pairs, stop one and let it go on."""

from collections.abc import AsyncIterator, Callable
from functools import partial

import sqlalchemy as sa

from schemas.api import Page
from schemas.conflict_api import ConflictView
from schemas.errors import Fault, InputError, TrackerError
from schemas.events import TwinDue
from schemas.issue import Issue, Part
from schemas.node import Activity, Connection
from schemas.replica import TwinMessage
from schemas.twin_api import (
    SyncAnswer,
    SyncBody,
    Synced,
    TwinDetail,
    TwinQuery,
    TwinStatus,
    TwinView,
)
from schemas.values import Millis
from service.store import activity, awaited, conflicts, leases, outbox, parked, twins
from service.store.twin_records import TwinKey, TwinRow
from service.store.twins import Search
from service.sync import turns
from service.sync.markers import made_by
from service.workers.delivery import deliver
from service.workers.hints import Hint
from service.workers.operations.cursors import BY_TWIN, shown
from service.workers.operations.desk import Desk
from service.workers.operations.errors import ErrorOperations
from service.workers.parking import ask_anew, claimed
from service.workers.roster import LiveConnection, OpenConnector

_BATCH = 1_000
Act = Callable[[sa.Connection, TwinRow, str, Millis], TwinMessage | None]


class TwinOperations:
    def __init__(self, desk: Desk, errors: ErrorOperations) -> None:
        self._desk = desk
        self._errors = errors

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

    async def count(self, connection: str) -> int:
        own = self._desk.connection(connection).record.id
        return await self._desk.store.read(lambda c: twins.found(c, Search(own)))

    async def keys(self, connection: str) -> AsyncIterator[TwinKey]:
        """All of a connection, in the order of their ids, but those that were cleaned up."""
        own = self._desk.connection(connection).record.id
        after: TwinKey | None = None
        while True:
            rows = await self._desk.store.read(partial(_page, own, after))
            for row in rows:
                if not row.state.cleaned:
                    yield TwinKey(own, row.twin)
            if len(rows) < _BATCH:
                return
            after = TwinKey(own, rows[-1].twin)

    async def of_issue(self, record: Connection, issue: str) -> list[TwinKey]:
        found = await self._desk.store.read(lambda c: twins.by_issue(c, record.connector, issue))
        return [TwinKey(record.id, each.twin) for each in found if each.connection == record.id]

    async def recheck(self, key: TwinKey) -> bool:
        """Has it reconciled anew, whatever was taken in or sent before. False: its sync was
        stopped. Raises `InputError` 409 while a worker holds it."""
        desk = self._desk
        owner, now = desk.new_id(), desk.now()
        asked = await desk.store.write(lambda c: ask_anew(c, key, owner=owner, now=now))
        if asked:
            await desk.publish((TwinDue(key.twin, key.connection),))
        return asked

    async def _ring(self, key: TwinKey) -> None:
        desk = self._desk
        now = desk.now()
        await desk.store.write(lambda c: twins.set_due(c, key.connection, key.twin, now))
        await desk.publish((TwinDue(key.twin, key.connection),))

    async def page(self, query: TwinQuery) -> Page[TwinView]:
        connection = self._desk.connection(query.connection).record.id if query.connection else None
        wanted = Search(connection, query.issue, query.remote, query.status, self._desk.now())

        def work(c: sa.Connection) -> Page[TwinView]:
            page = BY_TWIN.page(
                query,
                rows=lambda after, offset, limit: twins.search(
                    c, wanted, after=TwinKey(*after) if after else None, offset=offset, limit=limit
                ),
                key=lambda row: (row.connection, row.twin),
                count=lambda: twins.found(c, wanted),
            )
            return shown(page, partial(self._view, c))

        return await self._desk.store.read(work)

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
                error=self._errors.view(stopped) if stopped else None,
                activity=tuple(
                    self._errors.named(found.activity)
                    for found in activity.page(c, connection=record.id, twin=twin)
                ),
                losses=row.state.losses,
                local=row.state.base.held,
                remote=row.state.replica.fields,
                agreed=row.state.base.wanted,
            )

        found = await self._desk.store.read(work)
        if found is None:
            raise _no_twin()
        return found

    async def stop(self, connection: str, twin: str, reason: str = "") -> TwinView:
        """Both issues stay as they are. The other side is told, and rests as well."""

        def act(c: sa.Connection, row: TwinRow, owner: str, now: Millis) -> TwinMessage | None:
            return _stop(c, row, owner, now, reason)

        return await self._change(connection, twin, act, "twin.stopped")

    async def clean_up(self, connection: str, twin: str) -> TwinView:
        """The pair is forgotten on both sides, and what waits of it; both issues stay."""
        return await self._change(connection, twin, _clean_up, "twin.cleaned_up")

    async def status(self, key: TwinKey) -> TwinStatus | None:
        """None: there is nothing to clean up."""

        def work(c: sa.Connection) -> TwinStatus | None:
            row = twins.get(c, key.connection, key.twin)
            if row is None or row.state.cleaned:
                return None
            waits = outbox.waiting(c, key.connection, key.twin)
            return _status(row, waits=waits, now=self._desk.now())

        return await self._desk.store.read(work)

    async def start(self, connection: str, twin: str) -> TwinView:
        """A stopped one goes on, whichever side has stopped it."""
        view = await self._change(connection, twin, _start, "twin.started")
        await self._desk.publish((TwinDue(twin, self._desk.connection(connection).record.id),))
        return view

    async def _change(self, connection: str, twin: str, act: Act, event: str) -> TwinView:
        desk = self._desk
        live = desk.connection(connection)
        record, now, owner = live.record, desk.now(), desk.new_id()

        def work(c: sa.Connection) -> tuple[TwinView, bool]:
            row = twins.get(c, record.id, twin)
            if row is None:
                raise _no_twin()
            message = act(c, row, owner, now)
            if message is not None:
                issue = row.state.issue.key if row.state.issue else ""
                detail = {"reason": message.reason} if message.reason else {}
                said = Activity(now, event, record.id, twin, issue, detail=detail)
                activity.append(c, said)
                deliver(c, live, desk.roster.connections.get(record.counterpart), message, now)
            row = twins.get(c, record.id, twin)
            if row is None:
                raise _no_twin()
            return self._view(c, row), message is not None

        view, told = await desk.store.write(work)
        if told:
            await self._ring_other(live, twin)
        return view

    async def _ring_other(self, live: LiveConnection, twin: str) -> None:
        if live.record.counterpart:
            await self._desk.publish((TwinDue(twin, live.record.counterpart),))
        else:
            self._desk.ring_peer(live.record.peer)

    def _view(self, c: sa.Connection, row: TwinRow) -> TwinView:
        state = row.state
        waits = outbox.waiting(c, row.connection, row.twin)
        return TwinView(
            id=row.twin,
            connection=self._desk.name_of(row.connection),
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
            stopped_by=state.stopped_by,
            stop_reason=state.stop_reason,
        )


def _page(connection: str, after: TwinKey | None, c: sa.Connection) -> list[TwinRow]:
    return twins.page(c, connection=connection, after=after, limit=_BATCH)


def _stop(
    c: sa.Connection, row: TwinRow, owner: str, now: Millis, reason: str
) -> TwinMessage | None:
    """None: it was stopped before. Raises `InputError` 409 while a worker holds it."""
    if row.stopped:
        return None
    claim = claimed(c, TwinKey(row.connection, row.twin), owner=owner, now=now)
    parked.ignore(c, row.connection, row.twin)
    stopped, message = turns.stop(claim.state, reason)
    leases.save(c, claim, stopped, taken=None, now=claim.reconciled_at)
    leases.release(c, claim)
    return message


def _clean_up(c: sa.Connection, row: TwinRow, owner: str, now: Millis) -> TwinMessage | None:
    """None: it was before."""
    if row.state.cleaned:
        return None
    claim = claimed(c, TwinKey(row.connection, row.twin), owner=owner, now=now)
    parked.ignore(c, row.connection, row.twin)
    awaited.wait(c, row.connection, row.twin, frozenset())
    bare, message = turns.clean_up(claim.state)
    taken = claim.incoming.version if claim.incoming else None
    leases.save(c, claim, bare, taken=taken, now=claim.reconciled_at)
    leases.release(c, claim)
    return message


def _start(c: sa.Connection, row: TwinRow, owner: str, now: Millis) -> TwinMessage | None:
    """None: it is not stopped."""
    if not row.stopped:
        return None
    if row.state.cleaned:
        raise InputError(
            "This pair was cleaned up.",
            status=409,
            remedy="Put the issue under sync anew: tidegate sync ISSUE",
        )
    started, message = turns.start(row.state)
    return message if twins.adopt(c, started, now) else None


def _no_twin() -> InputError:
    return InputError("There is no such twin.", status=404, remedy="See `tidegate twins`.")


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
