"""A restart, a sibling, a restored backup and a copy, told apart."""

import pytest

from schemas.node import Lineage
from service.peers.lineage import PROBATION, Said, judge

KNOWN = Lineage("a2", ("a2", "a1"))


def said(run: str, *runs: str, claim: int = 0, new_epoch: bool = False) -> Said:
    return Said(run, (run, *runs), claim, new_epoch)


@pytest.mark.parametrize(
    "heard",
    [
        said("a2", "a1"),
        said("a3", "a2", "a1"),
        said("a1"),
        Said("", (), 0, False),
    ],
)
def test_what_goes_on_is_taken(heard: Said) -> None:
    assert judge(KNOWN, heard, 0)[1] == ""


def test_the_first_run_is_taken_and_a_later_one_remembered() -> None:
    assert judge(Lineage(), said("a1"), 0)[0] == Lineage("a1", ("a1",))
    assert judge(KNOWN, said("a3", "a2"), 0)[0] == Lineage("a3", ("a3", "a2"))


def test_a_silent_past_makes_a_restored_node_which_then_begins_anew() -> None:
    lineage, verdict = judge(KNOWN, said("b1", "a1"), 0)
    assert (verdict, lineage.suspect) == ("wait", "b1")
    assert judge(lineage, said("b1", "a1"), PROBATION - 1)[1] == "wait"
    assert judge(lineage, said("b2", "b1"), PROBATION)[1] == "restored"
    lineage, verdict = judge(lineage, said("b1", "a1", new_epoch=True), PROBATION)
    assert (verdict, lineage) == ("", Lineage("b1", ("b1", "a1")))


def test_two_that_speak_are_copies_until_one_is_claimed() -> None:
    lineage, _ = judge(KNOWN, said("b1", "a1"), 0)
    lineage, verdict = judge(lineage, said("a2", "a1"), 1)
    assert (verdict, lineage.forked) == ("fork", True)
    assert judge(lineage, said("b1", "a1"), 2)[1] == "fork"
    lineage, verdict = judge(lineage, said("a2", "a1", claim=5), 3)
    assert (verdict, lineage.banned) == ("", ("b1",))
    lineage, verdict = judge(lineage, said("b1", "a1"), 4)
    assert verdict == "fork"
    lineage, verdict = judge(lineage, said("b2", "b1"), 5)
    assert (verdict, lineage.banned) == ("fork", ("b1", "b2"))
    assert judge(lineage, said("b3", "b2"), 6)[1] == "fork"
    assert judge(lineage, said("a3", "a2"), 7)[1] == ""


def test_a_third_run_begins_its_own_time_of_doubt() -> None:
    lineage, _ = judge(KNOWN, said("b1"), 0)
    lineage, verdict = judge(lineage, said("c1"), PROBATION)
    assert (verdict, lineage.suspect, lineage.since) == ("wait", "c1", PROBATION)


def test_a_lower_claim_is_none() -> None:
    claimed, _ = judge(KNOWN, said("a2", claim=5), 0)
    assert judge(claimed, said("b1", claim=5), 0)[1] == "wait"
