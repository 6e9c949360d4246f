"""What follows from a failure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Fault
from service.sync.retry import AT_ONCE, OUTAGE, STEPS, UNSURE, Park, Retry, counts, decide_retry

AWAITED: dict[Fault, Any] = {
    Fault.RULE: "park",
    Fault.MAPPING: "park",
    Fault.VALIDATION: "park",
    Fault.CONFIGURATION: "park",
    Fault.INPUT: "park",
    Fault.GONE: "park",
    Fault.UNDECIDED: "park",
    Fault.CONFLICT: AT_ONCE,
    Fault.UNKNOWN_OUTCOME: UNSURE,
    Fault.NOT_FOUND: STEPS,
    Fault.PERMISSION: STEPS,
    Fault.PEER: STEPS,
    Fault.INTERNAL: STEPS,
    Fault.THROTTLED: "connector",
    Fault.UNAVAILABLE: "connector",
    Fault.CREDENTIALS: "connector",
    Fault.PEER_UNAVAILABLE: "peer",
}


def test_every_fault_has_its_row() -> None:
    assert set(AWAITED) == set(Fault)


@pytest.mark.parametrize("fault", [f for f, what in AWAITED.items() if what == "park"])
def test_what_time_does_not_heal_is_parked_at_once(fault: Fault) -> None:
    assert decide_retry(fault, 1, retry_after=None, jitter=0.5) == Park()


@pytest.mark.parametrize("fault", [f for f, what in AWAITED.items() if isinstance(what, tuple)])
def test_a_twin_is_tried_again_with_its_own_delays_and_then_parked(fault: Fault) -> None:
    steps = AWAITED[fault]
    delays = [decide_retry(fault, n + 1, retry_after=None, jitter=0.5) for n in range(len(steps))]
    assert delays == [Retry(step, "twin") for step in steps]
    assert decide_retry(fault, len(steps) + 1, retry_after=None, jitter=0.5) == Park()


def test_who_tells_a_time_is_not_asked_sooner() -> None:
    """An issue that a person has open in the tracker is free again in minutes, not at once."""
    assert decide_retry(Fault.CONFLICT, 1, retry_after=60, jitter=0.5) == Retry(60_000, "twin")
    assert decide_retry(Fault.CONFLICT, 6, retry_after=1, jitter=0.5) == Retry(30_000, "twin")


@pytest.mark.parametrize("fault", [f for f, w in AWAITED.items() if w in ("connector", "peer")])
def test_an_outage_is_waited_out_however_long_it_takes(fault: Fault) -> None:
    scope = AWAITED[fault]
    assert decide_retry(fault, 1, retry_after=None, jitter=0.5) == Retry(OUTAGE[0], scope)
    assert decide_retry(fault, 10_000, retry_after=None, jitter=0.5) == Retry(OUTAGE[-1], scope)


def test_only_an_attempt_that_was_due_counts() -> None:
    assert counts(0, None, 100)
    assert counts(0, 200, 100)
    assert counts(3, None, 100)
    assert counts(3, 100, 100)
    assert not counts(3, 200, 100)


def test_who_says_how_long_to_wait_is_waited_for() -> None:
    decision = decide_retry(Fault.THROTTLED, 1, retry_after=90, jitter=0.0)
    assert decision == Retry(90_000, "connector")


@given(st.floats(0, 1, exclude_max=True), st.integers(1, len(STEPS)))
def test_jitter_spreads_a_delay_by_half(jitter: float, attempt: int) -> None:
    decision = decide_retry(Fault.INTERNAL, attempt, retry_after=None, jitter=jitter)
    assert isinstance(decision, Retry)
    assert STEPS[attempt - 1] * 0.5 <= decision.delay + 1
    assert decision.delay <= STEPS[attempt - 1] * 1.5
