"""Ties between issues: how they are named, told once, left out while an end is missing."""

import pytest

from schemas.issue import FieldChange
from schemas.twin import Base, Loss, Relations
from service.sync.incoming import note_late
from service.sync.merge import RemoteWish, merge_fields
from service.sync.relations import (
    Known,
    Means,
    as_shared,
    awaited,
    concerned,
    drafted,
    in_local_words,
    is_parent,
    named_issues,
    named_twins,
    only_shared,
    ties,
    within_reach,
    without_left_out,
)

ALL = Means(True, ("relates", "blocks", "blocked_by"))
PLAIN = Means(True, ("relates",))
NOTHING = Means(False, ())
AWAY = {"u": Known("20"), "v": Known("21", stopped=True)}
"""The twins `u` and `v` come after `t`, so `t` speaks for its links with them."""


def shared(twin, fields, twins, means=ALL, told=()):
    return as_shared(twin, fields, twins, means, told)


def test_ties_to_issues_under_sync_name_twins_and_others_stay_at_home(make_twin):
    fields = {"summary": "s", "parent": "20", "links": ("blocks 20", "relates 99")}
    seen, relations = shared(make_twin(), fields, {"20": "u"})
    assert seen == {
        "summary": "s",
        "parent": "twin:u",
        "links": ("blocks twin:u",),
        "own_links": ("relates 99",),
    }
    assert relations == Relations(strangers=("99",))


def test_a_parent_under_no_sync_is_no_parent_that_both_know(make_twin):
    seen, relations = shared(make_twin(), {"parent": "9"}, {})
    assert seen == {"parent": None, "own_parent": "9"}
    assert relations.strangers == ("9",)


def test_of_two_twins_the_one_with_the_smaller_id_speaks(make_twin):
    seen, relations = shared(make_twin(), {"links": ("blocks 10",)}, {"10": "a"})
    assert seen == {"links": ()}
    assert relations.elsewhere == ("blocks twin:a",)
    seen_it = make_twin(relations=relations)
    assert concerned(make_twin(), seen_it) == concerned(seen_it, make_twin()) == {"a"}
    assert concerned(seen_it, seen_it) == frozenset()


def test_the_other_end_of_a_link_that_came_is_concerned_as_well(make_twin):
    holds = make_twin(base=Base({}, {"links": ("blocks twin:u", "blocks 9")}))
    assert concerned(make_twin(), holds) == {"u"}


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ((), ("relates twin:u",)),
        (("blocks twin:u",), ("blocks twin:u",)),
        (("blocks twin:u", "relates twin:u"), ("blocks twin:u", "relates twin:u")),
        (("blocks twin:w",), ("relates twin:u",)),
    ],
)
def test_a_kind_that_the_tracker_lacks_is_known_again(make_twin, told, seen):
    fields, _ = shared(make_twin(), {"links": ("relates 20",)}, {"20": "u"}, PLAIN, told)
    assert fields["links"] == seen


def test_a_parent_is_a_tie_as_links_are():
    assert is_parent("parent twin:u")
    assert not is_parent("blocks twin:u")
    assert ties({"summary": "s", "links": ()}) == {"links": ()}


def test_which_issues_and_twins_are_named():
    assert named_issues({"parent": "9", "links": ("blocks 20",)}) == {"9", "20"}
    assert named_issues({"summary": "s", "parent": None}) == frozenset()
    assert named_twins({"parent": "twin:u", "links": ("blocks twin:v", "blocks 7")}) == {"u", "v"}


def test_what_has_no_issue_here_yet_is_left_out(make_twin):
    wanted = {"summary": "s", "parent": "twin:p", "links": ("blocks twin:u", "blocks twin:w")}
    reach = within_reach(make_twin(), wanted, AWAY, ALL)
    assert reach.fields == {"summary": "s", "links": ("blocks twin:u",)}
    assert reach.left_out == ("blocks twin:w", "parent twin:p")
    assert reach.losses == ()
    assert awaited(Relations(("9",), reach.left_out)) == {"issue:9", "twin:w", "twin:p"}


def test_a_kind_that_is_lacking_stands_as_a_plain_link_or_not_at_all(make_twin):
    wanted = {"parent": "twin:u", "links": ("blocks twin:u",)}
    lesser = within_reach(make_twin(), wanted, AWAY, PLAIN)
    assert lesser.fields == wanted
    assert lesser.losses == (Loss("links", "Links of the kind 'blocks' stand here as 'relates'."),)
    none = within_reach(make_twin(), wanted, AWAY, NOTHING)
    assert none.fields == {"links": ()}
    assert [loss.field for loss in none.losses] == ["parent", "links"]


def test_what_names_no_twin_is_a_loss_and_what_another_twin_tells_is_not(make_twin):
    wanted = {"parent": "9", "links": ("blocks 9", "blocks twin:a", f"blocks twin:{'x' * 256}")}
    reach = within_reach(make_twin(), wanted, AWAY, ALL)
    assert reach.fields == {"links": ()}
    assert [loss.field for loss in reach.losses] == ["parent", "links"]


def test_a_parent_that_is_here_and_one_that_is_taken_away_are_reached(make_twin):
    for parent in ("twin:u", None):
        assert within_reach(make_twin(), {"parent": parent}, AWAY, ALL).fields == {"parent": parent}


def test_what_was_left_out_before_counts_as_new():
    fields = {"parent": "twin:p", "links": ("blocks twin:u", "blocks twin:w")}
    left_out = ("blocks twin:w", "parent twin:p")
    assert without_left_out(fields, ()) is fields
    assert without_left_out(fields, left_out) == {"links": ("blocks twin:u",)}
    assert without_left_out({"parent": "twin:u"}, left_out) == {"parent": "twin:u"}


def test_a_change_is_written_in_the_trackers_own_issues():
    change = FieldChange(
        set={"summary": "s", "parent": "twin:u"},
        add={"links": ("blocks twin:u",), "labels": ("a",)},
    )
    assert in_local_words(change, {}, AWAY, ALL) == FieldChange(
        set={"summary": "s", "parent": "20"}, add={"links": ("blocks 20",), "labels": ("a",)}
    )
    assert in_local_words(FieldChange({"parent": None}), {}, AWAY, ALL).set == {"parent": None}
    assert in_local_words(FieldChange({"parent": "twin:w"}), {}, AWAY, ALL).set == {}


def test_a_plain_link_that_stands_for_two_kinds_goes_with_the_last_of_them():
    here = {"links": ("blocks twin:u", "relates twin:u")}
    one = FieldChange(remove={"links": ("blocks twin:u",)})
    both = FieldChange(remove={"links": ("blocks twin:u", "relates twin:u")})
    assert not in_local_words(one, here, AWAY, PLAIN)
    assert in_local_words(both, here, AWAY, PLAIN).remove == {"links": ("relates 20",)}
    more = FieldChange(add={"links": ("blocks twin:u",)})
    assert not in_local_words(more, {"links": ("relates twin:u",)}, AWAY, PLAIN)


def test_a_stopped_issue_keeps_its_links():
    gone = FieldChange(remove={"links": ("blocks twin:v",)})
    assert not in_local_words(gone, {"links": ("blocks twin:v",)}, AWAY, ALL)


def test_a_draft_names_the_trackers_own_issues():
    fields = {"summary": "s", "parent": "twin:u", "links": ("blocks twin:u",)}
    assert drafted(fields, AWAY, ALL) == {"summary": "s", "parent": "20", "links": ("blocks 20",)}
    assert drafted({"links": ()}, AWAY, ALL) == {"links": ()}
    assert drafted({"parent": None}, AWAY, ALL) == {"parent": None}


def test_a_tie_that_a_rule_names_by_a_key_does_not_leave():
    fields = {"summary": "s"}
    assert only_shared(fields) is fields
    assert only_shared({"parent": "TIDE-7", "links": ("blocks TIDE-8", "blocks twin:u")}) == {
        "links": ("blocks twin:u",)
    }
    assert only_shared({"parent": "twin:u"}) == {"parent": "twin:u"}
    assert only_shared({"parent": None}) == {"parent": None}


def test_a_tie_that_came_late_is_remembered_and_is_no_news(make_twin, make_issue, newest):
    twin = make_twin(adopted=("summary",))
    wish = {"links": ("blocks twin:u",)}
    merge = merge_fields(twin, {"links": ()}, RemoteWish(wish, {}, frozenset(), {}, 0), newest, 1)
    noted = note_late(twin, merge, wish, make_issue(wish))
    assert noted.base.wanted == wish
    assert noted.adopted == ("links", "summary")
    assert noted.issue == make_issue().ref


def test_a_parent_of_this_tracker_may_be_wished_by_its_id() -> None:
    wish = {"summary": "s", "own_parent": "9"}
    assert drafted(wish, {}, ALL) == {"summary": "s", "parent": "9"}
    change = in_local_words(FieldChange(set=wish), {}, {}, ALL)
    assert change == FieldChange(set={"summary": "s", "parent": "9"})
    taken = in_local_words(FieldChange(set={"own_parent": None}), {}, {}, ALL)
    assert not taken


def test_where_there_are_no_parents_the_wish_for_one_is_a_loss(make_twin) -> None:
    wish = {"summary": "s", "own_parent": "9"}
    assert within_reach(make_twin(), wish, {}, ALL).fields == wish
    reach = within_reach(make_twin(), wish, {}, NOTHING)
    assert reach.fields == {"summary": "s"}
    assert reach.losses == (Loss("parent", "The parent cannot be set here."),)
