"""What follows from a reconcile: it is committed, tried again, or parked; others are rung."""

from collections.abc import Awaitable, Callable

import structlog

from schemas.errors import TidegateError, TrackerError
from schemas.events import TwinDue
from schemas.values import Millis
from service.metrics import Metrics
from service.store.twin_records import Claim, TwinKey
from service.sync.retry import Park, counts, decide_retry
from service.workers.bench import Outcome
from service.workers.breaker import Breakers
from service.workers.ledger import Due, Ledger
from service.workers.recent import Recent
from service.workers.roster import LiveConnection
from service.workers.wakeups import Wakeups

log = structlog.get_logger()


class Settling:
    def __init__(
        self,
        *,
        breakers: Breakers,
        wakeups: Wakeups,
        recent: Recent,
        metrics: Metrics,
        ring_peer: Callable[[str], None],
        ring_twin: Callable[[TwinDue], Awaitable[None]],
        now: Callable[[], Millis],
        random: Callable[[], float],
    ) -> None:
        self._breakers, self._wakeups, self._recent = breakers, wakeups, recent
        self._metrics = metrics
        self._ring_peer, self._ring_twin = ring_peer, ring_twin
        self._now, self._random = now, random

    async def settle(
        self,
        claim: Claim,
        outcome: Outcome,
        ledger: Ledger,
        live: LiveConnection,
    ) -> bool:
        """True when the holder has to look again."""
        key = TwinKey(claim.connection, claim.twin)
        error = outcome.error
        for conflict in outcome.conflicts:
            kind = conflict.field.partition(":")[0]
            self._metrics.conflicts.labels(live.record.name, kind).inc()
        if error is None:
            self._breakers.reset(live.record.connector)
            self._count(live, outcome)
            again = await ledger.finish(outcome, Due())
            sent_at = self._now() if ledger.sent else None
            self._recent.note(key, live, outcome.twin, looked=outcome.looked, sent_at=sent_at)
            return again
        return await self._fail(key, claim, outcome, error, ledger, live)

    async def _fail(
        self,
        key: TwinKey,
        claim: Claim,
        outcome: Outcome,
        error: TidegateError,
        ledger: Ledger,
        live: LiveConnection,
    ) -> bool:
        counted = counts(claim.attempts, claim.due_at, self._now())
        attempts = claim.attempts + counted
        retry_after = error.retry_after if isinstance(error, TrackerError) else None
        decision = decide_retry(
            error.fault, attempts, retry_after=retry_after, jitter=self._random()
        )
        self._recent.forget(key)
        if isinstance(decision, Park):
            log.warning("twin.parked", error=error, attempts=attempts)
            self._metrics.reconciles.labels(live.record.name, "parked").inc()
            await ledger.park(outcome, error)
            return False
        if decision.scope == "connector":
            due = self._breakers.trip(live.record.connector, error, retry_after)
            attempts = claim.attempts
        elif claim.due_at is not None and not counted:
            due = claim.due_at
        else:
            due = self._now() + decision.delay
        log.info("twin.retry", error=error, attempts=attempts, due_at=due)
        self._metrics.reconciles.labels(live.record.name, "failed").inc()
        self._wakeups.at(due, key)
        return await ledger.finish(outcome, Due(due, attempts))

    def _count(self, live: LiveConnection, outcome: Outcome) -> None:
        result = "sent" if outcome.message else "written" if outcome.notes else "nothing"
        self._metrics.reconciles.labels(live.record.name, result).inc()
        for note in outcome.notes:
            log.info(note.event, **note.detail)
        if any(note.event in ("fields.written", "issue.created") for note in outcome.notes):
            edited = max((s.at for s in outcome.twin.replica.stamps.values()), default=0)
            if edited:
                late = max(0, self._now() - edited) / 1000
                self._metrics.end_to_end_seconds.labels(live.record.name).observe(late)

    async def announce(
        self, ledger: Ledger, live: LiveConnection, other: LiveConnection | None, claim: Claim
    ) -> None:
        for key in ledger.rung:
            self._wakeups.at(self._now(), key)
        if not ledger.sent:
            return
        if other is None:
            self._ring_peer(live.record.peer)
        else:
            await self._ring_twin(TwinDue(claim.twin, other.record.id))
