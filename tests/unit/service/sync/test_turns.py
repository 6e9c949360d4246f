"""Stops and starts come to the same on both sides, in whatever order they are heard."""

import itertools

import msgspec
import pytest

from schemas.twin import Twin
from service.sync import turns
from service.sync.intake import merge_messages, take_in

TWIN = Twin("t", "c", replica_version=3, included=3, version=5)


def test_a_node_without_turns_takes_nothing_from_a_stop() -> None:
    _, said = turns.stop(TWIN, "Why.")
    assert take_in(TWIN, msgspec.structs.replace(said, turn=0)) == TWIN


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_turn_holds_in_any_order(order) -> None:
    stopped, first = turns.stop(TWIN, "One.")
    going, second = turns.start(stopped)
    _, third = turns.stop(going, "Two.")
    said, twin = (first, second, third), TWIN
    for index in order:
        twin = turns.heed_turn(twin, said[index])
    assert (twin.turn, twin.stopped, twin.stop_reason) == (3, True, "Two.")
    merged = merge_messages(first, merge_messages(second, third))
    assert (merged.turn, merged.reason) == (3, "Two.")


def test_who_stops_at_once_with_the_other_keeps_its_own_reason() -> None:
    here, _ = turns.stop(TWIN, "Ours.")
    _, theirs = turns.stop(TWIN, "Theirs.")
    heard = turns.heed_turn(here, theirs)
    assert (heard.stopped_by, heard.stop_reason) == ("local", "Ours.")


def test_one_that_stopped_by_itself_goes_on_with_a_turn_that_is_heard() -> None:
    alone = msgspec.structs.replace(TWIN, stopped=True)
    going, said = turns.start(alone)
    assert (going.stopped, said.turn) == (False, 2)
    assert not turns.heed_turn(TWIN, said).stopped


@pytest.mark.parametrize("turn", [-1, 0, 1 << 53, 1 << 60])
def test_a_turn_that_is_none_changes_nothing(turn) -> None:
    _, said = turns.stop(TWIN, "x" * 5_000)
    assert turns.heed_turn(TWIN, msgspec.structs.replace(said, turn=turn)) == TWIN
    assert len(said.reason) == turns.MAX_REASON


@pytest.mark.parametrize("was_stopped", [False, True])
def test_a_clean_up_is_forgotten_on_both_sides_and_for_good(was_stopped: bool) -> None:
    before = turns.stop(TWIN, "Why.")[0] if was_stopped else TWIN
    here, said = turns.clean_up(before)
    there = turns.heed_turn(TWIN, said)
    assert said.forgotten
    assert here.cleaned
    assert there.cleaned
    assert (there.issue, there.stopped_by) == (None, "remote")
    assert turns.heed_turn(there, msgspec.structs.replace(said, turn=said.turn + 1)) is there
