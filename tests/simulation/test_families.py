"""Parents and links are the same on both sides, whatever came first and whatever was cut off."""

import pytest
from hypothesis import Phase, seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from schemas.errors import Fault, TrackerError
from tests.simulation.end import Crash
from tests.simulation.families import ISSUES, Families
from tests.simulation.machine import CHOICES, SIDES, at_step
from tests.simulation.test_histories import EXAMPLES, SEED, profile

TWINS = st.sampled_from([f"t{n}" for n in range(ISSUES)])
KINDS = st.sampled_from(("relates", "blocks", "blocked_by"))
FAULTS = st.sampled_from((Fault.UNAVAILABLE, Fault.UNKNOWN_OUTCOME))


class FamilyHistories(RuleBasedStateMachine):
    faults: frozenset[str] = frozenset()

    @initialize(poor=st.booleans())
    def open(self, poor: bool) -> None:
        self.world = Families(poor=poor, faults=self.faults)

    @rule(twin=TWINS)
    def begin(self, twin: str) -> None:
        self.world.begin(twin)

    @rule(side=SIDES, kind=KINDS, twin=TWINS, other=TWINS)
    def link(self, side: str, kind: str, twin: str, other: str) -> None:
        self.world.link(side, kind, twin, other)

    @rule(side=SIDES, twin=TWINS, choice=CHOICES)
    def unlink(self, side: str, twin: str, choice: int) -> None:
        self.world.unlink(side, twin, choice)

    @rule(side=SIDES, twin=TWINS, parent=TWINS)
    def adopt(self, side: str, twin: str, parent: str) -> None:
        self.world.adopt(side, twin, parent)

    @rule(side=SIDES, twin=TWINS)
    def ring(self, side: str, twin: str) -> None:
        self.world.ring(side, twin, lambda _: None)

    @rule(side=SIDES, twin=TWINS, after=st.integers(0, 8))
    def crash(self, side: str, twin: str, after: int) -> None:
        def die() -> None:
            raise Crash

        self.world.ring(side, twin, at_step(after, die))

    @rule(side=SIDES, twin=TWINS, after=st.integers(0, 8), fault=FAULTS)
    def fail(self, side: str, twin: str, after: int, fault: Fault) -> None:
        def fail() -> None:
            raise TrackerError(fault, "the tracker fails")

        self.world.ring(side, twin, at_step(after, fail))

    @rule(side=SIDES, twin=TWINS)
    def arrive(self, side: str, twin: str) -> None:
        self.world.deliver_newest(side, twin)

    @rule(side=SIDES, twin=TWINS, choice=CHOICES)
    def arrive_out_of_order(self, side: str, twin: str, choice: int) -> None:
        self.world.deliver(side, twin, choice)

    @rule()
    def rest(self) -> None:
        """All issues under sync, and nothing under way."""
        self.world.settle()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.settle()
            self.world.check()


def test_ties_are_the_same_on_both_sides_over_generated_histories() -> None:
    class Run(FamilyHistories):
        pass

    if SEED:
        seed(int(SEED))(Run)
    phases = (Phase.generate, Phase.shrink)
    run_state_machine_as_test(Run, settings=profile(EXAMPLES // 4, phases, repeatable=not SEED))


@pytest.mark.parametrize("fault", ["waiting not kept", "other end not rung"])
def test_a_planted_fault_of_ties_is_caught(fault: str) -> None:
    class Faulty(FamilyHistories):
        faults = frozenset({fault})

    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run_state_machine_as_test(Faulty, settings=profile(2_000, (Phase.generate,)))
