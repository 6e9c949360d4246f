"""The pairs of a connection: told before it ends, and put together again in another."""

import msgspec
import sqlalchemy as sa

from schemas.errors import Fault, InputError, TrackerError
from schemas.events import TwinDue
from schemas.issue import IssueRef
from schemas.node import Connection
from schemas.pairs_api import (
    PairAgainBody,
    PairAgainReport,
    PairClaim,
    PairedAgain,
    PairOutcome,
    Pairs,
    PairsQuery,
    PairView,
)
from schemas.values import Millis
from service.store import twins
from service.store.twin_records import TwinKey, TwinRow
from service.workers.operations.desk import Desk
from service.workers.repairing import claim


class PairOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, name: str, query: PairsQuery) -> Pairs:
        own = self._desk.connection(name).record.id
        after = TwinKey(own, query.after) if query.after else None
        rows = await self._desk.store.read(
            lambda c: twins.page(c, connection=own, after=after, limit=query.page_size + 1)
        )
        shown = rows[: query.page_size]
        more = len(rows) > len(shown)
        items = tuple(_view(row) for row in shown if row.state.issue and row.state.remote_issue)
        return Pairs(items, shown[-1].twin if more else "")

    async def again(self, name: str, body: PairAgainBody) -> PairAgainReport:
        """Each row by itself: a wrong one keeps no other back. Creates no issue on either side."""
        record = self._desk.connection(name).record
        if record.status not in ("active", "paused") or record.type == "alm":
            raise InputError(
                f"Issues cannot be paired again in this connection: it is {record.type} and"
                f" {record.status}.",
                status=409,
                remedy="Use an active connection.",
            )
        rows, rung = [], []
        for each in body.pairs:
            row, due = await self._one(record, each, dry_run=body.dry_run)
            rows.append(row)
            rung += due
        if rung:
            await self._desk.publish(tuple(rung))
        return PairAgainReport(tuple(rows))

    async def _one(
        self, record: Connection, pair: PairClaim, *, dry_run: bool
    ) -> tuple[PairedAgain, list[TwinDue]]:
        """The row's report, and what was made of it, if anything."""
        row = PairedAgain(pair.local_id, pair.remote_id, "paired")
        other = self._desk.roster.connections.get(record.counterpart)
        try:
            here = _Place(record, await self._resolved(record, pair.local_id), pair.remote_id)
            places = [here]
            if other is not None:
                there = await self._resolved(other.record, pair.remote_id)
                here = _Place(record, here.issue, there.id)
                places = [here, _Place(other.record, there, here.issue.id)]
        except TrackerError as error:
            outcome = _REFUSED.get(error.fault)
            if outcome is None:
                raise
            return _changed(row, outcome, error.message), []

        def work(c: sa.Connection) -> tuple[PairedAgain, list[TwinDue]]:
            for place in places:
                known = _known(c, place)
                if known:
                    return _already(row, place, known), []
            if dry_run:
                return row, []
            return row, [place.claimed(c, self._desk.now()) for place in places]

        store = self._desk.store
        return await (store.read(work) if dry_run else store.write(work))

    async def _resolved(self, record: Connection, issue: str) -> IssueRef:
        return await self._desk.roster.connectors[record.connector].tracker.resolve(issue)


class _Place(msgspec.Struct, frozen=True):
    """One end of a pair, whose issue is here; of a local connection both are."""

    record: Connection
    issue: IssueRef
    remote: str

    def claimed(self, c: sa.Connection, now: Millis) -> TwinDue:
        return TwinDue(claim(c, self.record, self.issue, self.remote, now), self.record.id)


_REFUSED: dict[Fault, PairOutcome] = {
    Fault.NOT_FOUND: "unknown_issue",
    Fault.GONE: "unknown_issue",
    Fault.VALIDATION: "unknown_issue",
    Fault.PERMISSION: "not_allowed",
}


def _known(c: sa.Connection, place: _Place) -> TwinRow | None:
    """The twin that has this issue already."""
    for found in twins.by_issue(c, place.record.connector, place.issue.id):
        if found.connection == place.record.id:
            return twins.get(c, found.connection, found.twin)
    return None


def _already(row: PairedAgain, place: _Place, known: TwinRow) -> PairedAgain:
    same = known.state.remote_issue == place.remote
    detail = "" if same else f"{place.issue.key} is under sync with another issue, or by a trigger."
    return _changed(row, "already" if same else "not_allowed", detail)


def _changed(row: PairedAgain, outcome: PairOutcome, detail: str) -> PairedAgain:
    return msgspec.structs.replace(row, outcome=outcome, detail=detail)


def _view(row: TwinRow) -> PairView:
    state = row.state
    issue = state.issue or IssueRef("", "", "")
    return PairView(
        local_key=issue.key,
        local_id=issue.id,
        local_url=issue.url,
        remote_key=state.replica.key,
        remote_id=state.remote_issue,
        remote_url=state.replica.url,
        twin=row.twin,
    )
