"""Histories that once failed, kept as they were found."""

from schemas.errors import Fault
from schemas.issue import ALL_PARTS
from tests.simulation.machine import Histories
from tests.simulation.world import Terms


def test_what_a_creation_that_was_cut_off_twice_left_on_the_mirror_is_taken_away() -> None:
    state = Histories()
    state.begin(
        terms=Terms(markers=False, policy="newest", refusing=""),
        deleted="",
        roughly=False,
        met=False,
    )
    state.ring(parts=ALL_PARTS, side="a")
    state.arrive(side="a")
    state.label(choice=0, side="a")
    state.fail(after=3, fault=Fault.UNAVAILABLE, side="b")
    state.crash(after=2, side="a")
    state.label(choice=0, side="a")
    state.arrive(side="a")
    state.crash(after=5, side="b")
    state.teardown()


def test_a_side_that_was_restored_before_the_other_finds_the_issue_that_it_made() -> None:
    state = Histories()
    state.begin(
        terms=Terms(markers=False, policy="newest", refusing=""),
        deleted="",
        roughly=False,
        met=False,
    )
    state.crash(after=2, side="a")
    state.arrive_out_of_order(choice=0, side="a")
    state.back_up(side="b")
    state.meddle(after=0, choice=0, side="b")
    state.restore(side="b")
    state.resync()
    state.restore(side="a")
    state.teardown()


def test_a_comment_that_was_edited_while_its_mirror_was_forgotten_is_brought_up_to_date() -> None:
    state = Histories()
    terms = Terms(markers=True, policy="newest", refusing="", paragraphs=False)
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.comment(choice=0, side="a")
    state.crash(after=2, side="a")
    state.arrive(side="a")
    state.comment(choice=1, side="a")
    state.fail(after=4, fault=Fault.UNAVAILABLE, side="b")
    state.restore(side="b")
    state.teardown()


def test_a_mirror_that_was_cut_off_is_known_again_by_a_side_that_parks() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest", refusing="", paragraphs=False)
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.comment(choice=0, side="a")
    state.ring(parts=ALL_PARTS, side="a")
    state.arrive(side="a")
    state.rename(side="a")
    state.rename(side="b")
    state.agree(policy="park", side="a")
    state.crash(after=4, side="b")
    state.teardown()
