"""Commits what a reconcile came to: twin, outbox row, conflicts and activity in one transaction."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.errors import MappingError, RuleError, TidegateError
from schemas.node import Activity, ParkedTwin
from schemas.replica import TwinMessage
from schemas.values import Millis
from service.store import activity, conflicts, disclosures, leases, outbox, parked
from service.store.store import Store
from service.store.twin_records import Claim, TwinKey
from service.sync.merge import Conflict
from service.workers.bench import Outcome
from service.workers.delivery import deliver
from service.workers.disclosing import left
from service.workers.field_writes import Undecided
from service.workers.kin import keep_waiting, ring_for
from service.workers.roster import LiveConnection

_decode = msgspec.msgpack.Decoder(TwinMessage).decode


class Due(msgspec.Struct, frozen=True):
    """When a twin is looked at again; None: when somebody rings."""

    at: Millis | None = None
    attempts: int = 0


def waiting_message(c: sa.Connection, live: LiveConnection, twin: str) -> TwinMessage | None:
    """The twin's message that the peer has not confirmed. A local end confirms at once."""
    if live.record.counterpart:
        return None
    waiting = outbox.payload(c, live.record.id, twin)
    return None if waiting is None else _decode(waiting)


class Ledger:
    """Of one claim. `other` is the other end of a local connection."""

    def __init__(
        self,
        store: Store,
        live: LiveConnection,
        other: LiveConnection | None,
        claim: Claim,
        *,
        here: str,
        change: str,
        now: Millis,
    ) -> None:
        self._store = store
        self._live = live
        self._other = other
        self._claim = claim
        self._here = here
        self._change = change
        self._now = now
        self._kept = claim.state
        self.sent = False
        self.rung: list[TwinKey] = []
        """Twins that were made due because of this one."""

    async def checkpoint(self, outcome: Outcome) -> None:
        self._committed(outcome, await self._store.write(lambda c: self._save(c, outcome)))

    async def finish(self, outcome: Outcome, due: Due) -> bool:
        """True: somebody rang meanwhile; the lease stays."""

        def work(c: sa.Connection) -> tuple[bool, list[TwinKey]]:
            self._record(c, outcome)
            again = leases.save_and_release(
                c,
                self._claim,
                outcome.twin,
                taken=self._taken(outcome),
                now=self._now,
                due_at=due.at,
                attempts=due.attempts,
            )
            return again, self._ring(c, outcome)

        again, rung = await self._store.write(work)
        self._committed(outcome, rung)
        return again

    async def park(self, outcome: Outcome, error: TidegateError) -> None:
        def work(c: sa.Connection) -> list[TwinKey]:
            rung = self._save(c, outcome)
            parked.park(c, self._parked(outcome, error), self._claim)
            return rung

        self._committed(outcome, await self._store.write(work))

    def _save(self, c: sa.Connection, outcome: Outcome) -> list[TwinKey]:
        self._record(c, outcome)
        leases.save(c, self._claim, outcome.twin, taken=self._taken(outcome), now=self._now)
        return self._ring(c, outcome)

    def _ring(self, c: sa.Connection, outcome: Outcome) -> list[TwinKey]:
        return ring_for(c, self._live.record, self._kept, outcome.twin, self._now)

    def _committed(self, outcome: Outcome, rung: list[TwinKey]) -> None:
        self._kept = outcome.twin
        self.rung += rung

    def _taken(self, outcome: Outcome) -> int | None:
        return self._claim.incoming.version if self._claim.incoming else None

    def _record(self, c: sa.Connection, outcome: Outcome) -> None:
        keep_waiting(c, self._live.record, self._kept, outcome.twin, self._now)
        if outcome.message is not None:
            self._deliver(c, outcome.message, outcome.twin.turn)
        for conflict in outcome.conflicts:
            made = self._conflict(conflict)
            if not (conflict.told and conflicts.is_known(c, made)):
                conflicts.add(c, made)
        if outcome.notes or outcome.error:
            activity.append(c, self._activity(outcome))

    def _deliver(self, c: sa.Connection, message: TwinMessage, turn: int) -> None:
        twin = self._claim.state
        # Until the other side has answered, it has to be told which issue of its we mean.
        claims = twin.remote_issue if twin.claimed and not twin.included else ""
        path = (*twin.path, self._here)
        message = msgspec.structs.replace(message, path=path, claims=claims, turn=turn)
        self.sent = True
        disclosures.add(c, left(self._kept, message, self._live.record, self._now))
        deliver(c, self._live, self._other, message, self._now)

    def _conflict(self, conflict: Conflict) -> conflicts.Conflict:
        record = self._live.record
        policy = record.settings.field_policies.get(conflict.field, record.settings.conflict_policy)
        return conflicts.Conflict(
            connection=record.id,
            twin=self._claim.twin,
            field=conflict.field,
            kept=conflict.kept,
            lost=conflict.lost,
            decided_by=conflict.by or policy,
            winner="local" if conflict.winner == record.local_side else "remote",
            at=self._now,
            local_at=conflict.local_at,
            remote_at=conflict.remote_at,
            told=conflict.told,
        )

    def _activity(self, outcome: Outcome) -> Activity:
        twin = outcome.twin
        detail: dict[str, Any] = {
            "notes": [{"event": note.event, **note.detail} for note in outcome.notes],
            "rules": self._live.rules.version,
        }
        if outcome.message is not None:
            detail["sent"] = outcome.message.version
        if outcome.error is not None:
            detail["error"] = {
                "fault": str(outcome.error.fault),
                "message": outcome.error.message,
                "remedy": outcome.error.remedy,
            }
        return Activity(
            at=self._now,
            event="twin.failed" if outcome.error else "twin.reconciled",
            connection=self._live.record.id,
            twin=twin.id,
            issue=twin.issue.key if twin.issue else "",
            change=self._change,
            detail=detail,
        )

    def _parked(self, outcome: Outcome, error: TidegateError) -> ParkedTwin:
        twin = outcome.twin
        rule = error if isinstance(error, RuleError) else None
        unmapped = error if isinstance(error, MappingError) else None
        return ParkedTwin(
            twin=twin.id,
            connection=self._live.record.id,
            issue=twin.issue.key if twin.issue else twin.replica.key,
            fault=str(error.fault),
            message=error.message,
            remedy=error.remedy,
            since=self._now,
            attempts=self._claim.attempts + 1,
            file=rule.file if rule else "",
            line=rule.line if rule else 0,
            trace=rule.trace if rule else "",
            field=unmapped.field if unmapped else "",
            value=unmapped.value if unmapped else "",
            choices=error.choices if isinstance(error, Undecided) else (),
        )
