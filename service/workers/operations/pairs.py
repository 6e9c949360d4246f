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
    Pairs,
    PairsQuery,
    PairView,
)
from service.store import twins
from service.store.twin_records import TwinKey, TwinRow
from service.workers.operations.desk import Desk
from service.workers.repairing import claim, pair_id


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
        if record.status not in ("active", "paused") or record.type in ("local", "alm"):
            raise InputError(
                f"Issues cannot be paired again in this connection: it is {record.type} and"
                f" {record.status}.",
                status=409,
                remedy="Use an active connection with another node.",
            )
        rows, rung = [], []
        for each in body.pairs:
            row, twin = await self._one(record, each, dry_run=body.dry_run)
            rows.append(row)
            rung += [TwinDue(twin, record.id)] if twin else []
        if rung:
            await self._desk.publish(tuple(rung))
        return PairAgainReport(tuple(rows))

    async def _one(
        self, record: Connection, pair: PairClaim, *, dry_run: bool
    ) -> tuple[PairedAgain, str]:
        """The row's report, and the twin that was made of it, if any."""
        tracker = self._desk.roster.connectors[record.connector].tracker
        row = PairedAgain(pair.local_id, pair.remote_id, "paired")
        try:
            issue = await tracker.resolve(pair.local_id)
        except TrackerError as error:
            if error.fault in (Fault.NOT_FOUND, Fault.GONE, Fault.VALIDATION):
                return _changed(row, "unknown_issue", error.message), ""
            if error.fault is Fault.PERMISSION:
                return _changed(row, "not_allowed", error.message), ""
            raise

        def work(c: sa.Connection) -> tuple[str, bool]:
            for found in twins.by_issue(c, record.connector, issue.id):
                if found.connection == record.id:
                    return found.twin, False
            return claim(c, record, issue, pair.remote_id, self._desk.now()), True

        def look(c: sa.Connection) -> tuple[str, bool]:
            under = twins.by_issue(c, record.connector, issue.id)
            known = [found.twin for found in under if found.connection == record.id]
            return (known[0], False) if known else ("", True)

        store = self._desk.store
        twin, made = await (store.read(look) if dry_run else store.write(work))
        if not made:
            return _already(row, record, issue, twin), ""
        return row, twin


def _already(row: PairedAgain, record: Connection, issue: IssueRef, twin: str) -> PairedAgain:
    same = twin == pair_id(record, issue.id, row.remote_id)
    detail = "" if same else f"{issue.key} is under sync with another issue, or by a trigger."
    return _changed(row, "already" if same else "not_allowed", detail)


def _changed(row: PairedAgain, outcome: str, detail: str) -> PairedAgain:
    return msgspec.convert(
        msgspec.to_builtins(row) | {"outcome": outcome, "detail": detail}, PairedAgain
    )


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
