"""The generated histories: a Hypothesis state machine over the simulated world."""

from collections.abc import Callable

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from schemas.errors import Fault, TrackerError
from schemas.issue import ALL_PARTS, Part
from tests.simulation.checks import check, check_echo, check_gone
from tests.simulation.end import Crash
from tests.simulation.figures import FIGURES
from tests.simulation.world import Terms, World

SIDES = st.sampled_from("ab")
CHOICES = st.integers(0, 29)
SOME_PARTS = frozenset({Part.FIELDS, Part.ATTACHMENTS})
FAULTS = (Fault.UNAVAILABLE, Fault.UNKNOWN_OUTCOME)
DELETIONS = ("", "", "", "", "", "", "a", "b")
TERMS = st.builds(
    Terms,
    markers=st.booleans(),
    policy=st.sampled_from(("newest", "newest", "a", "b", "park")),
    refusing=st.sampled_from(("", "", "", "a", "b")),
    paragraphs=st.booleans(),
)


def at_step(after: int, act: Callable[[], None]) -> Callable[[str], None]:
    """Acts once, at the step that follows `after` others."""
    left = iter(range(after))
    done: list[str] = []

    def step(name: str) -> None:
        if next(left, None) is None and not done:
            done.append(name)
            act()

    return step


class Histories(RuleBasedStateMachine):
    """People edit at both ends at any time; the link and the processes misbehave."""

    faults: frozenset[str] = frozenset()

    @initialize(
        terms=TERMS,
        deleted=st.sampled_from(DELETIONS),
        roughly=st.booleans(),
        met=st.booleans(),
    )
    def begin(self, terms: Terms, deleted: str, roughly: bool, met: bool = False) -> None:
        self.world = World(msgspec.structs.replace(terms, faults=self.faults or terms.faults))
        self.deleted = deleted
        """The side whose issue a person deletes in the end."""
        self.roughly = roughly
        """In the middle of everything, and not after it has come to rest."""
        if met:
            self.world.settle()

    @rule(side=SIDES)
    def rename(self, side: str) -> None:
        self.world.people.rename(side)

    @rule(side=SIDES, choice=CHOICES)
    def describe(self, side: str, choice: int) -> None:
        self.world.people.describe(side, choice)

    @rule(here=CHOICES, there=CHOICES)
    def describe_both(self, here: int, there: int) -> None:
        """Two people write in the same minute."""
        for side, choice in (("a", here), ("b", there)):
            self.world.people.describe(side, choice)
            self.ring(side, ALL_PARTS)

    @rule(side=SIDES, choice=CHOICES)
    def move(self, side: str, choice: int) -> None:
        self.world.people.move(side, choice)

    @rule(side=SIDES, choice=CHOICES)
    def label(self, side: str, choice: int) -> None:
        self.world.people.label(side, choice)

    @rule(side=SIDES, choice=CHOICES)
    def comment(self, side: str, choice: int) -> None:
        self.world.people.comment(side, choice)

    @rule(side=SIDES, choice=CHOICES)
    def send_two(self, side: str, choice: int) -> None:
        """A comment, and another message, before the other side looks."""
        for write in (self.world.people.comment, self.world.people.label):
            write(side, choice)
            self.ring(side, ALL_PARTS)
            self.arrive(side)

    @rule(side=SIDES, choice=CHOICES)
    def attach(self, side: str, choice: int) -> None:
        self.world.people.attach(side, choice)

    @rule(side=SIDES, parts=st.sampled_from((ALL_PARTS, SOME_PARTS)))
    def ring(self, side: str, parts: frozenset[Part]) -> None:
        self.world.ends[side].ring(lambda _: None, parts)
        self.world.send(side)

    @rule(side=SIDES, after=st.integers(0, 8))
    def crash(self, side: str, after: int) -> None:
        """The process dies at one of the steps of a pass."""

        def die() -> None:
            FIGURES.crashes += 1
            raise Crash

        self.world.ends[side].ring(at_step(after, die))
        self.world.send(side)

    @rule(side=SIDES, after=st.integers(0, 8), fault=st.sampled_from(FAULTS))
    def fail(self, side: str, after: int, fault: Fault) -> None:
        """A call fails before it has an effect, or after."""

        def fail() -> None:
            FIGURES.failed_calls += 1
            raise TrackerError(fault, "the tracker fails")

        self.world.ends[side].ring(at_step(after, fail))
        self.world.send(side)

    @rule(side=SIDES, after=st.integers(0, 4), choice=CHOICES)
    def meddle(self, side: str, after: int, choice: int) -> None:
        """A person edits the issue in the middle of a pass."""
        world = self.world
        world.ends[side].ring(at_step(after, lambda: world.people.meddle(side, choice)))
        world.send(side)

    @rule(side=SIDES)
    def arrive(self, side: str) -> None:
        self.world.deliver_newest(side)

    @rule(side=SIDES, choice=CHOICES)
    def arrive_out_of_order(self, side: str, choice: int) -> None:
        self.world.deliver(side, choice)

    @rule(side=SIDES, keep=st.sampled_from(("local", "remote")))
    def decide(self, side: str, keep: str) -> None:
        self.world.ends[side].decide(keep)

    @rule(side=SIDES, policy=st.sampled_from(("newest", "a", "b", "park")))
    def agree(self, side: str, policy: str) -> None:
        self.world.agree(side, policy)

    @rule(side=SIDES)
    def save_rules(self, side: str) -> None:
        self.world.ends[side].rules_version = 2

    @rule(side=SIDES)
    def lose_message(self, side: str) -> None:
        self.world.ends[side].lose_message()

    @rule(side=SIDES)
    def forget_text(self, side: str) -> None:
        self.world.ends[side].forget_text()

    @rule(side=SIDES)
    def back_up(self, side: str) -> None:
        self.world.backups[side] = self.world.ends[side].backup()

    @rule(side=SIDES)
    def restore(self, side: str) -> None:
        self.world.restore(side)

    @rule()
    def resync(self) -> None:
        self.world.resync()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self._end()
            FIGURES.count(self.world)

    def _end(self) -> None:
        world = self.world
        if not (self.deleted and self.roughly):
            world.settle()
            check(world)
            check_echo(world)
        issue = world.ends[self.deleted].issue if self.deleted else None
        if issue is not None:
            other = "b" if self.deleted == "a" else "a"
            had = len(world.ends[other].tracker.issues)
            world.ends[self.deleted].tracker.person_deletes(issue.id)
            world.people.rename(other)
            world.settle()
            check_gone(world, self.deleted, had)
            check_echo(world)
