"""What follows from a failure: (kind of error, attempts) -> decision. Pure; jitter is handed in."""

from typing import Literal

import msgspec

from schemas.errors import Fault
from schemas.values import Millis

Scope = Literal["twin", "connector", "peer"]


class Retry(msgspec.Struct, frozen=True):
    delay: Millis
    scope: Scope
    """`connector` and `peer`: everything there waits, and no attempt is counted."""


class Park(msgspec.Struct, frozen=True):
    pass


Decision = Retry | Park

STEPS: tuple[Millis, ...] = (1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000)
"""Delays between the attempts of one twin."""
AT_ONCE: tuple[Millis, ...] = (0, 50, 200, 1_000, 5_000, 30_000)
"""Somebody wrote in between: look again soon."""
UNSURE: tuple[Millis, ...] = (3_000, 10_000, 30_000, 120_000, 600_000, 3_600_000)
"""An outcome is unknown: let the tracker come to rest before looking."""
OUTAGE: tuple[Millis, ...] = (1_000, 2_000, 5_000, 15_000, 60_000)

_NEVER_HELPS = frozenset(
    {
        Fault.RULE,
        Fault.MAPPING,
        Fault.VALIDATION,
        Fault.CONFIGURATION,
        Fault.INPUT,
        Fault.GONE,
        Fault.UNDECIDED,
    }
)
_OUTAGES = frozenset({Fault.THROTTLED, Fault.UNAVAILABLE, Fault.CREDENTIALS})
_STEPS = {Fault.CONFLICT: AT_ONCE, Fault.UNKNOWN_OUTCOME: UNSURE}


def counts(failed: int, due_at: Millis | None, now: Millis) -> bool:
    """Whether a failure is one more attempt. News may bring a look before the next attempt is due:
    were it counted, a busy issue would be parked within seconds."""
    return not failed or due_at is None or now >= due_at


def decide_retry(
    fault: Fault, attempts: int, *, retry_after: float | None, jitter: float
) -> Decision:
    """`attempts` counts the failed ones, this one included; `jitter` is in [0, 1)."""
    if fault in _NEVER_HELPS:
        return Park()
    if fault in _OUTAGES:
        return Retry(_outage_delay(attempts, retry_after, jitter), "connector")
    if fault is Fault.PEER_UNAVAILABLE:
        return Retry(_outage_delay(attempts, retry_after, jitter), "peer")
    steps = _STEPS.get(fault, STEPS)
    if attempts > len(steps):
        return Park()
    delay = max(_spread(steps[attempts - 1], jitter), int((retry_after or 0) * 1000))
    return Retry(delay, "twin")


def _outage_delay(attempts: int, retry_after: float | None, jitter: float) -> Millis:
    step = _spread(OUTAGE[min(attempts, len(OUTAGE)) - 1], jitter)
    return max(step, int((retry_after or 0) * 1000))


def _spread(delay: Millis, jitter: float) -> Millis:
    """Between half and one and a half of the step, so that a crowd does not return as one."""
    return int(delay * (0.5 + jitter))
