"""What of a long text both sides have, and the merge on it.

`words` stand for a text, one for each paragraph.
"""

from typing import Any

import pytest

from schemas.issue import FieldChange
from schemas.replica import Replica, Stamp
from schemas.rich_text import RichText, plain
from schemas.rules import Wanted
from schemas.twin import Base, SharedText, ToldText, Twin
from service.sync.incoming import plan_fields
from service.sync.merge import FieldMerge
from service.sync.paragraphs import marks
from service.sync.policy import Policy
from service.sync.shared_texts import note_shared, note_told, shared_text
from service.sync.snapshots import snapshot

ALL = Policy("here", "there", paragraphs=("*",))
NONE = frozenset[str]()
HERE_AT, THERE_AT = 50, 100


def text(words: str) -> RichText:
    return plain("\n\n".join(words.split()))


def words_of(value: object) -> str:
    assert isinstance(value, RichText)
    return " ".join(part.content[0].text for part in value.blocks)  # type: ignore[union-attr]


def test_what_was_taken_in_is_shared_as_each_side_has_it(make_twin, make_issue) -> None:
    twin = make_twin(version=3)
    held = make_issue({"description": text("a b"), "summary": "short"})
    wish = Wanted({"description": text("a *b"), "summary": "short", "status": "done"})
    noted = note_shared(twin, NONE, wish, held, ALL)
    expected = SharedText(marks(text("a b")), marks(text("a *b")), version=3)
    assert noted.texts == {"description": expected}
    assert note_shared(noted, NONE, wish, held, ALL) is noted


@pytest.mark.parametrize("standing", [NONE, frozenset({"description"})])
def test_while_an_edit_of_ours_stands_nothing_new_is_shared(
    make_twin, make_issue, standing: frozenset[str]
) -> None:
    edits = {} if standing else {"description": Stamp(3, HERE_AT)}
    twin = make_twin(version=3, acknowledged=2, edits=edits)
    held, wish = make_issue({"description": text("a b")}), Wanted({"description": text("a B")})
    assert note_shared(twin, standing, wish, held, ALL) is twin
    same = Wanted({"description": text("a b")})
    assert note_shared(twin, standing, same, held, ALL).texts["description"].held


def test_what_crossed_on_its_way_is_no_common_ground(make_twin, make_issue) -> None:
    before = marks(text("a"))
    known = SharedText(before, before, version=1, waiting=(ToldText(3, marks(text("a b"))),))
    twin = make_twin(version=3, acknowledged=2, texts={"description": known})
    held, wish = make_issue({"description": text("a b")}), Wanted({"description": text("a B")})
    noted = note_shared(twin, frozenset({"description"}), wish, held, ALL)
    assert shared_text(_at(noted, acknowledged=3), "description").held == before


def test_an_edit_that_the_other_side_has_seen_is_shared(make_twin, make_issue) -> None:
    twin = make_twin(version=3, acknowledged=3, edits={"description": Stamp(3, HERE_AT)})
    held = make_issue({"description": text("a b")})
    noted = note_shared(twin, NONE, Wanted({"description": text("a b")}), held, ALL)
    assert "description" in noted.texts


def test_what_was_told_is_shared_once_it_is_confirmed(make_twin, make_issue) -> None:
    twin = make_twin(version=4)
    told = note_told(twin, frozenset({"description", "status"}), make_issue(_of("a b")), ALL)
    later = note_told(_at(told, version=5), frozenset({"description"}), make_issue(_of("a B")), ALL)
    assert shared_text(later, "description").held == ()
    first = shared_text(_at(later, acknowledged=4), "description")
    assert (first.held, first.told) == (marks(text("a b")), True)
    assert first.waiting == (ToldText(5, marks(text("a B"))),)
    both = shared_text(_at(later, acknowledged=9), "description")
    assert (both.held, both.waiting) == (marks(text("a B")), ())


def test_only_texts_that_are_merged_by_paragraphs_are_remembered(make_twin, make_issue) -> None:
    known = {"description": SharedText(marks(text("a")), marks(text("a")))}
    twin = make_twin(version=4, texts=known)
    off = Policy("here", "there", paragraphs=("steps",))
    held = make_issue(_of("a b"))
    assert note_shared(twin, NONE, Wanted(_of("a b")), held, off).texts == {}
    assert note_told(twin, frozenset({"description"}), held, off) is twin


def _of(words: str) -> dict[str, Any]:
    return {"description": text(words)}


def _at(twin: Twin, **changes: int) -> Twin:
    return Twin(**{name: getattr(twin, name) for name in twin.__struct_fields__} | changes)


def planned(
    make_twin, make_issue, *, here: str, there: str, policy: Policy = ALL, **changes: Any
) -> FieldMerge:
    """Both sides had `a b c`; our edit was told with version 4, of which they did not know."""
    before = text("a b c")
    base = SharedText(marks(before), marks(before), version=3)
    known: dict[str, Any] = {
        "version": 4,
        "acknowledged": 3,
        "included": 6,
        "replica_version": 7,
        "replica": Replica(_of(there), {"description": Stamp(7, THERE_AT)}),
        "base": Base(_of("a b c"), {"description": snapshot(text(here))}, _of("a b c")),
        "edits": {"description": Stamp(4, HERE_AT)},
        "texts": {"description": base},
    }
    twin = make_twin(**(known | changes))
    issue = make_issue(_of(here), updated=HERE_AT)
    return plan_fields(twin, issue, Wanted(_of(there)), _of("a b c"), policy)


def test_a_merged_text_is_written_and_told_as_an_edit_of_its_own(make_twin, make_issue) -> None:
    plan = planned(make_twin, make_issue, here="A b c", there="a b C")
    assert plan.change == FieldChange(_of("A b C"))
    assert plan.edits["description"] == Stamp(5, THERE_AT)
    assert (plan.standing, plan.woven) == ({"description"}, ("description",))
    assert (plan.conflicts, plan.undecided) == ((), ())


def test_nothing_is_written_where_all_of_theirs_is_here(make_twin, make_issue) -> None:
    plan = planned(make_twin, make_issue, here="A b C", there="a b C")
    assert not plan.change
    assert plan.standing == {"description"}
    assert plan.edits["description"].version == 4


def test_nothing_is_told_where_all_of_ours_is_there(make_twin, make_issue) -> None:
    plan = planned(make_twin, make_issue, here="A b c", there="A b C")
    assert plan.change == FieldChange(_of("A b C"))
    assert "description" not in plan.edits
    assert plan.standing == NONE
    assert plan.gave_way == {"description": (HERE_AT, THERE_AT)}


def test_of_the_same_paragraph_the_whole_losing_text_is_kept(make_twin, make_issue) -> None:
    plan = planned(make_twin, make_issue, here="A b c", there="Z b C")
    (conflict,) = plan.conflicts
    assert plan.gave_way == {}
    assert words_of(plan.change.set["description"]) == "Z b C"
    assert (conflict.winner, words_of(conflict.lost)) == ("there", "A b c")
    ours = Policy("here", "there", "here", paragraphs=("description",))
    plan = planned(make_twin, make_issue, here="A b c", there="Z b C", policy=ours)
    (conflict,) = plan.conflicts
    assert (conflict.winner, words_of(conflict.kept)) == ("here", "A b C")
    assert words_of(conflict.lost) == "Z b C"


def test_park_asks_only_for_what_both_changed(make_twin, make_issue) -> None:
    ask = Policy("here", "there", "park", paragraphs=("*",))
    assert planned(make_twin, make_issue, here="A b c", there="Z b c", policy=ask).undecided
    plan = planned(make_twin, make_issue, here="A b c", there="a b C", policy=ask)
    assert (plan.undecided, words_of(plan.change.set["description"])) == ((), "A b C")


@pytest.mark.parametrize(
    "changes",
    [{"policy": Policy("here", "there")}, {"texts": {}}, {"recalls": "told"}],
    ids=["not asked for", "nothing shared", "forgotten"],
)
def test_otherwise_the_policy_decides_on_the_whole(
    make_twin, make_issue, changes: dict[str, Any]
) -> None:
    plan = planned(make_twin, make_issue, here="A b c", there="a b C", **changes)
    (conflict,) = plan.conflicts
    assert words_of(conflict.lost) == "A b c"
    assert plan.change == FieldChange(_of("a b C"))


def test_a_text_that_was_emptied_is_left_to_the_policy(make_twin, make_issue) -> None:
    twin = make_twin(
        version=4,
        included=6,
        acknowledged=3,
        edits={"description": Stamp(4, HERE_AT)},
        replica=Replica(_of("a B"), {"description": Stamp(7, THERE_AT)}),
        replica_version=7,
        base=Base(_of("a b"), {"description": None}, _of("a b")),
    )
    issue = make_issue({"description": None})
    assert plan_fields(twin, issue, Wanted(_of("a B")), _of("a b"), ALL).conflicts
