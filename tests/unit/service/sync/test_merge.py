"""The three-way merge of fields, case by case.

`here` is what the tracker holds, `held` what it held at the last reconcile, `wanted` what the
incoming rule makes of the replica now, `before` what it made of it before the remote edits.
"""

from typing import Any

import pytest

from schemas.issue import FieldChange
from schemas.replica import Stamp
from schemas.rich_text import plain
from schemas.twin import Base
from schemas.values import condense
from service.sync.merge import FieldMerge, RemoteWish, held_after, merge_fields, note_decided
from service.sync.policy import Policy

LOCAL_EDIT_AT = 50


def merge(
    make_twin: Any,
    *,
    here: dict[str, Any],
    held: dict[str, Any],
    wanted: dict[str, Any],
    before: dict[str, Any],
    remote_at: int = 100,
    policy: Policy | None = None,
    acknowledged: int = 0,
    touched: frozenset[str] = frozenset(),
    stamps: dict[str, Stamp] | None = None,
) -> FieldMerge:
    twin = make_twin(version=4, acknowledged=acknowledged, base=Base({}, held))
    wish = RemoteWish(wanted, before, touched, stamps or {}, remote_at)
    return merge_fields(twin, here, wish, policy or Policy("here", "there"), LOCAL_EDIT_AT)


def test_a_field_that_nobody_changed_is_left_alone(make_twin) -> None:
    result = merge(
        make_twin, here={"f": "a"}, held={"f": "a"}, wanted={"f": "a"}, before={"f": "a"}
    )
    assert not result.change
    assert result.edits == {}


def test_a_change_there_is_written_here(make_twin) -> None:
    result = merge(
        make_twin, here={"f": "a"}, held={"f": "a"}, wanted={"f": "b"}, before={"f": "a"}
    )
    assert result.change == FieldChange({"f": "b"})
    assert result.conflicts == ()


def test_a_change_here_is_stamped_and_stays(make_twin) -> None:
    result = merge(
        make_twin, here={"f": "b"}, held={"f": "a"}, wanted={"f": "a"}, before={"f": "a"}
    )
    assert not result.change
    assert result.edits == {"f": Stamp(5, LOCAL_EDIT_AT)}


def test_the_same_change_on_both_sides_is_no_conflict(make_twin) -> None:
    result = merge(
        make_twin, here={"f": "b"}, held={"f": "a"}, wanted={"f": "b"}, before={"f": "a"}
    )
    assert not result.change
    assert result.conflicts == ()
    assert result.edits == {}


def test_equal_values_stand_while_another_of_ours_is_on_its_way(make_twin) -> None:
    twin = make_twin(
        version=4, acknowledged=3, base=Base({}, {"f": "c"}), edits={"f": Stamp(4, 10)}
    )
    wish = RemoteWish({"f": "b"}, {"f": "a"}, frozenset(), {}, 100)
    result = merge_fields(twin, {"f": "b"}, wish, Policy("here", "there"), LOCAL_EDIT_AT)
    assert not result.change
    assert result.standing == {"f"}


def test_a_mapping_may_make_another_value_of_it_without_a_fight(make_twin) -> None:
    """Held is what our tracker made of the wish; compared with its own snapshot it is unchanged."""
    result = merge(
        make_twin, here={"f": "A!"}, held={"f": "A!"}, wanted={"f": "a"}, before={"f": "a"}
    )
    assert not result.change


def test_a_remote_edit_that_the_mapping_hides_still_counts(make_twin) -> None:
    """`review` and `progress` are one status here; its edit renews the wish all the same."""
    result = merge(
        make_twin,
        here={"f": "closed"},
        held={"f": "closed"},
        wanted={"f": "active"},
        before={"f": "active"},
        touched=frozenset({"f"}),
    )
    assert result.change.set == {"f": "active"}


def test_a_field_that_the_rule_did_not_make_before_is_a_change(make_twin) -> None:
    result = merge(make_twin, here={}, held={"f": None}, wanted={"f": "b"}, before={})
    assert result.change.set == {"f": "b"}


def test_an_edit_that_the_other_side_had_seen_is_overwritten_without_a_conflict(make_twin) -> None:
    twin = make_twin(
        version=4, acknowledged=4, base=Base({}, {"f": "b"}), edits={"f": Stamp(4, 10)}
    )
    wish = RemoteWish({"f": "c"}, {"f": "b"}, frozenset(), {}, 100)
    result = merge_fields(twin, {"f": "b"}, wish, Policy("here", "there"), LOCAL_EDIT_AT)
    assert result.change.set == {"f": "c"}
    assert result.conflicts == ()


@pytest.mark.parametrize(
    ("remote_at", "set_", "lost", "standing"),
    [(100, {"f": "c"}, "b", frozenset()), (10, {}, "c", frozenset({"f"}))],
)
def test_the_newest_of_two_unseen_edits_wins_and_the_other_is_kept(
    make_twin, remote_at: int, set_: dict[str, str], lost: str, standing: frozenset[str]
) -> None:
    result = merge(
        make_twin,
        here={"f": "b"},
        held={"f": "a"},
        wanted={"f": "c"},
        before={"f": "a"},
        remote_at=remote_at,
    )
    assert result.change.set == set_
    (conflict,) = result.conflicts
    assert conflict.lost == lost
    assert conflict.winner == ("there" if set_ else "here")
    assert (conflict.local_at, conflict.remote_at) == (LOCAL_EDIT_AT, remote_at)
    assert result.standing == standing
    assert ("f" in result.edits) is not bool(set_)


def test_the_stamp_of_the_field_tells_its_time_before_the_message_does(make_twin) -> None:
    result = merge(
        make_twin,
        here={"f": "b"},
        held={"f": "a"},
        wanted={"f": "c"},
        before={"f": "a"},
        remote_at=100,
        stamps={"f": Stamp(3, 20)},
    )
    assert result.conflicts[0].winner == "here"


def test_a_policy_may_leave_it_to_a_person(make_twin) -> None:
    result = merge(
        make_twin,
        here={"f": "b"},
        held={"f": "a"},
        wanted={"f": "c"},
        before={"f": "a"},
        policy=Policy("here", "there", "park"),
    )
    assert result.undecided == ("f",)
    assert not result.change
    assert result.conflicts == ()


def test_a_persons_decision_is_an_edit_of_its_own(make_twin) -> None:
    result = merge(
        make_twin,
        here={"f": "b"},
        held={"f": "a"},
        wanted={"f": "c"},
        before={"f": "a"},
        policy=Policy("here", "there", "there"),
    )
    decided = note_decided(result, make_twin(version=4), 777)
    assert decided.decided == {"f"}
    assert decided.edits == {"f": Stamp(5, 777)}


def test_text_of_unknown_history_is_kept_when_it_is_overwritten(make_twin) -> None:
    """The mirror that a crash left behind: a person may have written into it."""
    result = merge(
        make_twin,
        here={"text": "theirs?", "rich": plain("x"), "empty": "", "count": 3},
        held={},
        wanted={"text": "b", "rich": plain("y"), "empty": "c", "count": 4},
        before={},
    )
    assert set(result.change.set) == {"text", "rich", "empty", "count"}
    assert [(c.field, c.winner) for c in result.conflicts] == [("text", "there"), ("rich", "there")]


@pytest.mark.parametrize(
    ("here", "before", "wanted", "add", "remove"),
    [
        (("a",), ("a",), ("a", "b"), ("b",), ()),
        (("a", "b"), ("a", "b"), ("a",), (), ("b",)),
        (("a", "mine"), ("a",), ("a", "b"), ("b",), ()),
        (("a", "b"), ("a",), ("a", "b"), (), ()),
        (("mine",), ("a",), (), (), ()),
        (("a",), ("b",), ("c",), ("c",), ()),
    ],
)
def test_sets_are_merged_by_element(
    make_twin,
    here: tuple[str, ...],
    before: tuple[str, ...],
    wanted: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
) -> None:
    result = merge(
        make_twin,
        here={"labels": here},
        held={"labels": here},
        wanted={"labels": wanted},
        before={"labels": before},
        touched=frozenset({"labels"}),
    )
    assert result.change.add.get("labels", ()) == add
    assert result.change.remove.get("labels", ()) == remove
    assert result.conflicts == ()
    assert result.taken == {"labels": frozenset(before) ^ frozenset(wanted)}


def test_a_set_with_unseen_edits_here_stands_beside_the_merge(make_twin) -> None:
    result = merge(
        make_twin,
        here={"labels": ("mine",)},
        held={"labels": ()},
        wanted={"labels": ("theirs",)},
        before={"labels": ()},
    )
    assert result.change.add == {"labels": ("theirs",)}
    assert result.standing == {"labels"}


def test_what_is_held_is_remembered_for_every_field_that_rules_speak_of(make_twin) -> None:
    twin = make_twin(base=Base({}, {"old": "x"}))
    long = plain("word " * 200)
    held = held_after(twin, {"d": long, "other": 1}, frozenset({"d", "none"}))
    assert held == {"d": condense(long), "none": None, "old": None}
