"""Both ends converge over generated histories, and the harness notices every planted fault."""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import Histories

EXAMPLES = int(os.environ.get("TIDEGATE_HISTORIES", "400"))
SEED = os.environ.get("TIDEGATE_HISTORY_SEED", "")
"""Other histories than the usual ones, which are the same in each run."""

PLANTED = (
    "two transactions",
    "base not saved",
    "intent not committed",
    "marker not looked up",
    "acknowledged on arrival",
    "stamps not kept",
    "decisions not told",
    "waiting messages not merged",
)


def profile(examples: int, phases: tuple[Phase, ...], *, repeatable: bool = True) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        derandomize=repeatable,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


def test_both_ends_converge_over_generated_histories() -> None:
    class Run(Histories):
        pass

    if SEED:
        seed(int(SEED))(Run)
    phases = (Phase.generate, Phase.shrink)
    run_state_machine_as_test(Run, settings=profile(EXAMPLES, phases, repeatable=not SEED))


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_caught(fault: str) -> None:
    class Faulty(Histories):
        faults = frozenset({fault})

    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run_state_machine_as_test(Faulty, settings=profile(2_000, (Phase.generate,)))
