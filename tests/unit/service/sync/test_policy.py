"""Who wins a conflict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sync.policy import Policy

RULES = st.sampled_from(("newest", "left", "right", "park"))


@pytest.mark.parametrize(
    ("rule", "winner"),
    [("left", "local"), ("right", "remote"), ("park", "park"), ("newest", "remote")],
)
def test_a_rule_names_a_side_or_parks_or_takes_the_newest(rule: str, winner: str) -> None:
    assert Policy("left", "right", rule).winner("summary", 1, 2) == winner


def test_a_field_may_have_a_rule_of_its_own() -> None:
    policy = Policy("left", "right", "left", {"status": "right"})
    assert policy.winner("summary", 1, 2) == "local"
    assert policy.winner("status", 2, 1) == "remote"


def test_equal_times_are_decided_by_the_names() -> None:
    assert Policy("left", "right").winner("summary", 5, 5) == "remote"
    assert Policy("right", "left").winner("summary", 5, 5) == "local"


@given(
    default=RULES,
    own=st.none() | RULES,
    left=st.integers(0, 3),
    right=st.integers(0, 3),
)
def test_both_sides_come_to_the_same_decision(
    default: str, own: str | None, left: int, right: int
) -> None:
    fields = {} if own is None else {"f": own}
    here = Policy("left", "right", default, fields).winner("f", left, right)
    there = Policy("right", "left", default, fields).winner("f", right, left)
    assert (here, there) in {("local", "remote"), ("remote", "local"), ("park", "park")}
