"""Decided conflicts: shown, and the losing value put back as a person's edit."""

from functools import partial

import msgspec
import sqlalchemy as sa

from schemas.api import Page
from schemas.conflict_api import ConflictQuery, ConflictShown
from schemas.errors import Fault, InputError, TrackerError
from schemas.events import IssueChanged
from schemas.issue import FieldChange, Issue, Part
from schemas.node import Activity
from schemas.values import Digest, Value
from service.store import activity, conflicts, twins
from service.store.conflicts import Conflict, ConflictRow
from service.sync.snapshots import as_elements, same
from service.workers.operations.cursors import BY_NUMBER, shown
from service.workers.operations.desk import Desk
from service.workers.roster import LiveConnection

_TRIES = 3
_MOST = 1 << 62


class ConflictOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, query: ConflictQuery) -> Page[ConflictShown]:
        named = query.connection
        connection = self._desk.connection(named).record.id if named else None
        twin = query.twin or None

        def work(c: sa.Connection) -> Page[ConflictShown]:
            page = BY_NUMBER.page(
                query,
                rows=lambda after, offset, limit: conflicts.page(
                    c, connection=connection, twin=twin, after=after, offset=offset, limit=limit
                ),
                key=lambda row: row.id,
                count=lambda: conflicts.count(c, connection=connection, twin=twin),
            )
            return shown(page, partial(self._shown, c))

        return await self._desk.store.read(work)

    async def one(self, connection: str, number: str) -> ConflictShown:
        live = self._desk.connection(connection)
        row = await self._row(live, number)
        return await self._desk.store.read(lambda c: self._shown(c, row))

    async def restore(self, connection: str, number: str) -> ConflictShown:
        """What it takes the place of is kept as the loser of a person's decision."""
        live = self._desk.connection(connection)
        row = await self._row(live, number)
        conflict = row.conflict
        _check_can_be_restored(conflict)
        issue = await self._issue_of(live, conflict)
        replaced = await self._put_back(live, issue, conflict)
        now = self._desk.now()

        def work(c: sa.Connection) -> None:
            conflicts.note_restored(c, row.id, conflict, now)
            if not same(replaced, conflict.lost):
                conflicts.add(c, _turned(conflict, replaced, now))
            detail = {"field": conflict.field, "conflict": row.id}
            entry = Activity(
                now, "conflict.restored", live.record.id, conflict.twin, issue, detail=detail
            )
            activity.append(c, entry)

        await self._desk.store.write(work)
        await self._desk.publish((IssueChanged(live.record.connector, issue, source="manual"),))
        return await self.one(connection, number)

    async def _put_back(self, live: LiveConnection, issue: str, conflict: Conflict) -> Value:
        """Answers what stood there."""
        opened = self._desk.roster.connectors[live.record.connector]
        tracker = opened.tracker
        for attempt in range(1, _TRIES + 1):
            held = await tracker.read(issue, frozenset({Part.FIELDS}))
            before = held.fields.get(conflict.field)
            if same(before, conflict.lost):
                return before
            try:
                await tracker.update(held, _change(held, conflict))
            except TrackerError as error:
                if error.fault is not Fault.CONFLICT or attempt == _TRIES:
                    raise
            else:
                return before
        raise AssertionError("unreachable")

    async def _row(self, live: LiveConnection, number: str) -> ConflictRow:
        id = int(number) if number.isdecimal() and len(number) < 19 else 0
        found = await self._desk.store.read(lambda c: conflicts.get(c, live.record.id, id))
        if found is None:
            raise InputError(
                f"There is no conflict {number!r} in {live.record.name!r}.",
                status=404,
                remedy="See `tidegate conflicts list`.",
            )
        return ConflictRow(id, found)

    async def _issue_of(self, live: LiveConnection, conflict: Conflict) -> str:
        row = await self._desk.store.read(lambda c: twins.get(c, live.record.id, conflict.twin))
        if row is None or row.state.issue is None:
            raise InputError(
                "The issue of this conflict is no longer under sync.",
                status=409,
                remedy="Copy the value from `tidegate conflicts show` into the issue.",
            )
        return row.state.issue.id

    def _shown(self, c: sa.Connection, row: ConflictRow) -> ConflictShown:
        conflict = row.conflict
        twin = twins.get(c, conflict.connection, conflict.twin)
        live = self._desk.roster.connections.get(conflict.connection)
        side = ""
        if live is not None:
            here = conflict.winner == "local"
            side = live.record.local_side if here else live.record.remote_side
        return ConflictShown(
            id=row.id,
            connection=self._desk.name_of(conflict.connection),
            twin=conflict.twin,
            issue=twin.state.issue.key if twin and twin.state.issue else "",
            field=conflict.field,
            winner=conflict.winner,
            side=side,
            decided_by=conflict.decided_by,
            kept=conflict.kept,
            lost=conflict.lost,
            at=conflict.at,
            local_at=conflict.local_at,
            remote_at=conflict.remote_at,
            restored=conflict.restored or None,
        )


def _check_can_be_restored(conflict: Conflict) -> None:
    if ":" in conflict.field:
        raise InputError(
            "What was written into a mirrored comment cannot be put back there: its author's words"
            " stand.",
            status=409,
            remedy="Write the text as a comment of your own: see `tidegate conflicts show`.",
        )
    if isinstance(conflict.lost, Digest) or (conflict.told and conflict.lost is None):
        raise InputError(
            "The losing value is kept at the other side.",
            status=409,
            remedy="Ask their operator to restore it: it travels here like any edit.",
        )


def _change(held: Issue, conflict: Conflict) -> FieldChange:
    lost = conflict.lost
    if not isinstance(lost, tuple):
        return FieldChange({conflict.field: lost})
    here = set(as_elements(held.fields.get(conflict.field)))
    add, remove = tuple(sorted(set(lost) - here)), tuple(sorted(here - set(lost)))
    field = conflict.field
    return FieldChange({}, {field: add} if add else {}, {field: remove} if remove else {})


def _turned(conflict: Conflict, replaced: Value, now: int) -> Conflict:
    return msgspec.structs.replace(
        conflict,
        kept=conflict.lost,
        lost=replaced,
        decided_by="person",
        winner="local",
        at=now,
        local_at=now,
        remote_at=0,
        told=False,
        restored=0,
    )
