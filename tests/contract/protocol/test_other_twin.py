"""A twin between the product and the second implementation: both come to the same texts, nobody's
words are lost unseen, and both have the same record of what was decided."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.replica import TwinMessage
from schemas.rich_text import Paragraph, RichText, Text, to_plain
from tests.contract.protocol.other import wire
from tests.contract.protocol.other.twin import Moments, Side, newest_first
from tests.simulation.end import TWIN, End
from tests.simulation.model_engine import Mapping
from tests.simulation.model_tracker import Clock, ModelTracker

FIELDS = ("summary", "description")


def rich(words: list[str]) -> RichText:
    return RichText(tuple(Paragraph((Text(word),)) for word in words))


class Between:
    """`harbor` runs the product, `lagoon` the second implementation; an issue of harbor's."""

    def __init__(self, policy: str) -> None:
        self.policy, self.knows = policy, ("", 0)
        self.clock = Clock()
        tracker = ModelTracker("h", self.clock, lambda name, value: value, markers=True)
        self.harbor = End("harbor", "lagoon", tracker, Mapping({}))
        self.harbor.paragraphs = ("*",)
        self.lagoon = Side("lagoon", "harbor", TWIN)
        fields = {"summary": "w0", "description": rich(["w1", "w2", "w3"])}
        self.issue = tracker.person_creates(dict(fields))
        self.harbor.start(self.issue)
        self.both_know()
        self.words = 3
        self.replaced: set[str] = set()
        """By a person who saw them."""
        self.sent: dict[str, list[bytes]] = {"harbor": [], "lagoon": []}

    def text(self, side: str, field: str) -> Any:
        if side == "lagoon":
            return msgspec.convert(self.lagoon.fields.get(field), type=str | RichText | None)
        return self.harbor.tracker.issues[self.issue].fields[field]

    def edit(self, side: str, field: str, choice: int) -> None:
        before = self.text(side, field)
        if before is None:
            return
        self.words += 1
        word = f"w{self.words}"
        value: str | RichText = word
        if isinstance(before, RichText):
            words = words_of(before)
            at = choice % len(words)
            words[at : at + choice % 2] = [word]
            value = rich(words)
        self.replaced |= set(words_of(before)) - set(words_of(value))
        self.clock.at += 10
        if side == "harbor":
            self.harbor.tracker.person_sets(self.issue, field, value)
        else:
            self.lagoon.edits(field, wire.decode(msgspec.msgpack.encode(value)), self.clock())

    def agree(self, side: str, policy: str) -> None:
        """Both wished it; `side` knows first, and what it says from now on tells the other."""
        self.both_know()
        (self.harbor if side == "harbor" else self.lagoon).policy = policy
        self.policy, self.knows = policy, (side, len(self.sent[side]))

    def both_know(self) -> None:
        self.harbor.policy = self.lagoon.policy = self.policy
        self.knows = ("", 0)

    def look(self, side: str) -> None:
        """Says what is new; it may arrive now, later, or never."""
        if side == "lagoon":
            if (said := self.lagoon.tell()) is not None:
                self.sent[side].append(wire.pack(said))
            return
        self.harbor.ring(lambda _: None)
        if (outbox := self.harbor.outbox) is not None:
            said = msgspec.msgpack.encode(outbox)
            self.sent[side] += [said] if said not in self.sent[side] else []

    def arrives(self, side: str, choice: int) -> None:
        """One of the newest that `side` said, or the newest."""
        if not self.sent[side]:
            return
        place = len(self.sent[side]) - 1 - choice % min(len(self.sent[side]), 3)
        said = self.sent[side][place]
        if side == self.knows[0] and place >= self.knows[1]:
            self.both_know()
        if side == "harbor":
            self.lagoon.take(wire.decode(said))
            if said == self.sent[side][-1]:
                self.harbor.outbox = None
        else:
            self.harbor.receive(msgspec.msgpack.decode(said, type=TwinMessage))

    def settle(self) -> None:
        self.both_know()
        for turn in range(40):
            before = [len(said) for said in self.sent.values()]
            for side in self.sent:
                self.look(side)
                self.arrives(side, 0)
            self.look("harbor")
            self.look("lagoon")
            if self.harbor.parked:
                self.harbor.decide("local" if turn % 2 else "remote")
            elif self.lagoon.waits:
                self.lagoon.decides("ours" if turn % 2 else "theirs", self.clock())
            elif before == [len(said) for said in self.sent.values()]:
                return
        raise AssertionError("the two do not come to rest")

    def check(self) -> None:
        for field in FIELDS:
            assert self.text("harbor", field) == self.text("lagoon", field)
        lost = [each.lost for each in self.lagoon.conflicts]
        lost += [each.lost for each in self.harbor.conflicts]
        kept = {word for value in lost for word in words_of(value)}
        stand = {word for field in FIELDS for word in words_of(self.text("harbor", field))}
        said = {f"w{n}" for n in range(self.words + 1)}
        assert said <= kept | stand | self.replaced
        ours = [(each.field, each.at, each.winner) for each in self.lagoon.conflicts]
        theirs = [
            (each.field, newest_first(each.local_at, each.remote_at), each.winner)
            for each in self.harbor.conflicts
        ]
        assert last_of(ours) == last_of(theirs)


def last_of(records: list[tuple[str, Moments, str]]) -> dict[str, set[str]]:
    """Field -> who won, of the newest edits in conflict: earlier ones may have crossed."""
    newest: dict[str, Moments] = {}
    for field, at, _ in records:
        newest[field] = max(newest.get(field, (0, 0)), at)
    return {
        field: {won for name, at, won in records if (name, at) == (field, moments)}
        for field, moments in newest.items()
    }


def words_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = msgspec.convert(value, type=RichText)
    return to_plain(value).split() if isinstance(value, RichText) else [value] if value else []


POLICIES = st.sampled_from(("newest", "harbor", "lagoon", "park"))
SIDES = st.sampled_from(("harbor", "lagoon"))
STEPS = st.one_of(
    st.tuples(st.just("edit"), SIDES, st.sampled_from(FIELDS), st.integers(0, 9)),
    st.tuples(st.just("edit"), SIDES, st.just("description"), st.integers(0, 9)),
    st.tuples(st.just("look"), SIDES),
    st.tuples(st.just("arrives"), SIDES, st.integers(0, 2)),
)


@settings(max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(STEPS, min_size=5, max_size=30),
    st.sampled_from(["newest", "harbor", "lagoon", "park"]),
)
def test_both_come_to_the_same(steps: list[Any], policy: str) -> None:
    line = Between(policy)
    line.settle()
    for name, *given_ in steps:
        getattr(line, name)(*given_)
    line.settle()
    line.check()


FIRST, SECOND, THIRD = 3, 1, 5
"""Paragraphs of three, as `edit` takes them."""


def test_edits_of_different_paragraphs_both_stand_time_and_again() -> None:
    line = Between("park")
    line.settle()
    for ours, theirs in ((FIRST, THIRD), (SECOND, FIRST), (THIRD, SECOND)):
        line.edit("harbor", "description", ours)
        line.edit("lagoon", "description", theirs)
        for side in line.sent:
            line.look(side)
        line.settle()
        newest = {f"w{line.words}", f"w{line.words - 1}"}
        assert newest < set(words_of(line.text("harbor", "description")))
        line.check()
    assert not line.harbor.conflicts
    assert not line.lagoon.conflicts


@pytest.mark.parametrize("first", ["harbor", "lagoon"])
@pytest.mark.parametrize("now", ["harbor", "lagoon"])
def test_contrary_decisions_about_the_same_edits_come_to_one(first: str, now: str) -> None:
    """While one side alone knows that both agreed on another policy."""
    line = Between("harbor" if now == "lagoon" else "lagoon")
    line.settle()
    for side in line.sent:
        line.edit(side, "summary", 0)
        line.look(side)
    line.agree(first, now)
    said = {side: line.sent[side][-1] for side in line.sent}
    for side in line.sent:
        line.arrives(side, 0)
        assert line.sent[side][-1] == said[side]
    line.look("harbor")
    ours = {each["winner"] for each in line.lagoon.decided}
    assert {each.winner for each in line.harbor.conflicts} | ours == {"harbor", "lagoon"}
    line.settle()
    line.check()
    told = [each.winner for each in line.harbor.conflicts], line.lagoon.conflicts
    assert (sorted(told[0]), len(told[1])) == (["harbor", "lagoon"], 2)
    line.edit("harbor", "summary", 0)
    line.settle()
    assert line.lagoon.decided == []
