"""Histories that once failed, kept as they were found."""

from schemas.errors import Fault
from schemas.issue import ALL_PARTS
from tests.simulation.checks import check
from tests.simulation.machine import Histories
from tests.simulation.world import Terms, World


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


def test_a_version_that_was_used_before_a_restore_is_not_taken_for_confirmed() -> None:
    state = Histories()
    terms = Terms(markers=True, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.arrive(side="a")
    state.back_up(side="b")
    state.describe_both(here=0, there=0)
    state.arrive(side="b")
    state.restore(side="b")
    state.label(choice=1, side="b")
    state.ring(parts=ALL_PARTS, side="b")
    state.label(choice=0, side="a")
    state.teardown()


def test_a_label_that_crossed_a_restore_is_taken_out_by_who_has_it() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=False)
    state.describe_both(here=0, there=0)
    state.lose_message(side="a")
    state.restore(side="b")
    state.label(choice=27, side="a")
    state.ring(parts=ALL_PARTS, side="a")
    state.resync()
    state.arrive_out_of_order(choice=0, side="a")
    state.describe_both(here=0, there=0)
    state.label(choice=12, side="a")
    state.teardown()


def test_a_decision_that_was_heard_in_a_pass_that_failed_is_recorded() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=False)
    state.ring(parts=ALL_PARTS, side="a")
    state.arrive(side="a")
    state.rename(side="a")
    state.describe_both(here=0, there=0)
    state.arrive(side="a")
    state.meddle(after=0, choice=0, side="b")
    state.arrive(side="b")
    state.fail(after=0, fault=Fault.UNAVAILABLE, side="a")
    state.teardown()


def test_what_people_there_took_out_of_a_set_is_taken_out_where_it_was_forgotten() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=False)
    state.meddle(after=0, choice=21, side="a")
    state.arrive(side="a")
    state.describe_both(here=0, there=0)
    state.label(choice=18, side="b")
    state.restore(side="a")
    state.meddle(after=0, choice=0, side="a")
    state.teardown()


def test_an_edit_that_was_forgotten_is_told_though_the_mirror_was_found_again() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.describe(choice=0, side="b")
    state.restore(side="a")
    state.resync()
    state.arrive(side="b")
    state.describe(choice=0, side="b")
    state.restore(side="b")
    state.resync()
    state.label(choice=0, side="a")
    state.teardown()


def test_the_mirror_of_a_comment_that_was_deleted_meanwhile_goes() -> None:
    state = Histories()
    terms = Terms(markers=True, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.comment(choice=0, side="b")
    state.describe_both(here=0, there=0)
    state.comment(choice=2, side="b")
    state.arrive_out_of_order(choice=1, side="b")
    state.describe_both(here=0, there=0)
    state.restore(side="a")
    state.teardown()


def test_a_begun_mirror_of_a_comment_that_was_deleted_since_goes() -> None:
    state = Histories()
    terms = Terms(markers=True, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=False)
    state.comment(choice=0, side="a")
    state.restore(side="b")
    state.resync()
    state.arrive(side="a")
    state.comment(choice=20, side="a")
    state.crash(after=2, side="b")
    state.crash(after=6, side="b")
    state.teardown()


def test_an_edit_that_went_back_to_what_the_backup_knew_is_told() -> None:
    state = Histories()
    terms = Terms(markers=True, policy="b")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.back_up(side="b")
    state.label(choice=4, side="b")
    state.describe_both(here=6, there=15)
    state.label(choice=9, side="b")
    state.crash(after=2, side="b")
    state.describe_both(here=19, there=18)
    state.describe_both(here=17, there=11)
    state.arrive_out_of_order(choice=11, side="b")
    state.restore(side="b")
    state.teardown()


def test_an_edit_that_lost_before_it_was_heard_of_does_not_come_back_as_the_winners_value() -> None:
    """Both agree on the other side meanwhile: by its old stamp it would win over a newer edit."""
    world = World(Terms(policy="a"))
    world.settle()
    for side in "ab":
        world.people.rename(side)
        world.ends[side].ring(lambda _: None)
        world.send(side)
    world.agree("a", "b")
    world.deliver("a", len(world.history["a"]) - 1)
    world.b.ring(lambda _: None)
    world.people.rename("a")
    world.settle()
    check(world)


def test_two_sides_that_gave_way_to_each_other_in_a_merge_come_to_one_text() -> None:
    state = Histories()
    terms = Terms(policy="newest", refusing="a", paragraphs=True)
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.describe_both(here=10, there=10)
    state.arrive(side="a")
    state.describe_both(here=10, there=6)
    state.arrive(side="b")
    state.describe_both(here=1, there=1)
    state.teardown()


def test_what_a_side_that_forgot_found_changed_is_not_overwritten_unseen() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.restore(side="a")
    state.resync()
    state.arrive(side="b")
    state.describe_both(here=0, there=0)
    state.arrive(side="b")
    state.attach(choice=0, side="a")
    state.teardown()


def test_a_text_is_asked_for_again_where_the_message_that_asked_was_lost() -> None:
    state = Histories()
    terms = Terms(policy="park", refusing="a")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.forget_text(side="a")
    state.meddle(after=0, choice=26, side="b")
    state.arrive(side="b")
    state.meddle(after=3, choice=24, side="a")
    state.lose_message(side="a")
    state.teardown()


def test_an_edit_that_was_given_up_and_stands_at_the_other_side_is_taken_back() -> None:
    """Both agree on another policy twice while their messages cross."""
    world = World(Terms(policy="b"))
    world.settle()
    for side in "ba":
        world.people.rename(side)
        world.ends[side].ring(lambda _: None)
        world.send(side)
    world.agree("b", "a")
    world.deliver("a", len(world.history["a"]) - 1)
    world.b.ring(lambda _: None)
    world.people.rename("a")
    world.agree("b", "b")
    world.deliver("b", [message.version for message in world.history["b"]].index(2))
    world.settle()
    check(world)


def test_of_two_decisions_for_the_other_side_the_later_stands() -> None:
    """They are about other edits: neither side holds its own any more."""
    world = World(Terms(policy="a"))
    world.settle()
    world.people.label("b", 10)
    _speaks(world, "a", "b")
    world.people.rename("b")
    world.b.ring(lambda _: None)
    world.send("b")
    world.deliver("a", 7)
    _speaks(world, "b")
    world.agree("a", "b")
    world.people.rename("a")
    world.deliver("b", 18)
    world.settle()
    check(world)


def test_a_value_that_was_taken_back_is_no_edit() -> None:
    world = World(Terms(policy="b", paragraphs=True))
    world.settle()
    world.people.rename("a")
    _speaks(world, "b")
    world.a.ring(lambda _: None)
    world.send("a")
    world.deliver_newest("b")
    world.agree("a", "a")
    world.a.ring(lambda _: None)
    world.send("a")
    world.deliver("a", 28)
    world.b.ring(lambda _: None)
    world.send("b")
    world.deliver("a", 2)
    world.people.rename("a")
    world.agree("a", "b")
    world.b.ring(lambda _: None)
    world.send("b")
    world.settle()
    check(world)


def test_what_is_taken_out_of_a_set_after_a_restore_is_told() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.label(side="b", choice=14)
    state.send_two(side="b", choice=0)
    state.back_up(side="b")
    state.restore(side="b")
    state.send_two(side="a", choice=0)
    state.label(side="a", choice=4)
    state.teardown()


def test_an_edit_that_went_back_is_told_with_what_the_other_side_changed() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.back_up(side="a")
    state.send_two(side="a", choice=1)
    state.restore(side="a")
    state.label(side="a", choice=1)
    state.send_two(side="b", choice=0)
    state.teardown()


def test_of_a_set_what_was_taken_out_before_anybody_knew_of_the_restore_goes() -> None:
    state = Histories()
    terms = Terms(markers=False, policy="newest")
    state.begin(terms=terms, deleted="", roughly=False, met=True)
    state.send_two(side="a", choice=0)
    state.back_up(side="a")
    state.restore(side="a")
    state.label(side="a", choice=0)
    state.teardown()


def _speaks(world: World, *renaming: str) -> None:
    """Somebody renames it on each of these sides, and it is told."""
    for side in renaming:
        world.people.rename(side)
        world.ends[side].ring(lambda _: None)
        world.send(side)
