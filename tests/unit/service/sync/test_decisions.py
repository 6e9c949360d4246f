"""Decisions about conflicts travel once, until the other side has confirmed to know of them."""

import msgspec
import pytest

from schemas.issue import FieldChange
from schemas.replica import Decision, Replica, Stamp, TwinMessage
from schemas.twin import Twin
from service.sync.decisions import (
    MERGED,
    contradicted,
    hear_decisions,
    note_decisions,
    note_merged,
    overruled,
    record_told,
    told,
    untold,
)
from service.sync.intake import merge_messages
from service.sync.merge import Conflict, FieldMerge
from service.sync.policy import Policy

POLICY = Policy("a", "b", "newest", {"status": "a"})
OURS = Conflict("summary", "a", "mine", "theirs", 5, 4)
HEARD = Decision("summary", "a", "newest", 4, 5)


def test_a_decision_is_told_until_it_is_confirmed() -> None:
    twin = note_decisions(Twin("t", "c"), (OURS,), POLICY, "")
    assert untold(twin)
    twin = told(twin, 3)
    assert twin.decisions == (Decision("summary", "a", "newest", 5, 4, 3),)
    assert not untold(twin)
    assert told(twin, 4) == twin
    twin = msgspec.structs.replace(twin, acknowledged=3)
    assert told(twin, 5).decisions == ()
    assert note_decisions(twin, (), POLICY, "") is twin


def test_a_newer_decision_about_a_field_replaces_the_older() -> None:
    twin = told(note_decisions(Twin("t", "c"), (OURS,), POLICY, ""), 1)
    status = msgspec.structs.replace(OURS, field="status")
    twin = note_decisions(twin, (OURS, status), POLICY, "")
    assert [(d.field, d.by, d.version) for d in twin.decisions] == [
        ("summary", "newest", 0),
        ("status", "a", 0),
    ]
    assert note_decisions(twin, (OURS,), POLICY, "person").decisions[-1].by == "person"


def test_what_was_told_is_recorded_with_what_this_side_holds() -> None:
    lost = Decision("labels", "b", "b", 1, 2)
    recorded = record_told(
        (HEARD, lost, Decision("due", "nobody", "")),
        (),
        {"summary": "mine", "labels": ("x",)},
        {"labels": ("y",)},
        POLICY,
    )
    assert [(c.field, c.winner, c.kept, c.lost, c.local_at) for c in recorded] == [
        ("summary", "a", "mine", None, 5),
        ("labels", "b", ("y",), ("x",), 2),
    ]
    assert all(conflict.told for conflict in recorded)


def test_what_was_noticed_here_as_well_is_not_recorded_twice() -> None:
    assert record_told((HEARD,), (OURS,), {}, {}, POLICY) == ()


def test_a_contrary_decision_about_what_was_noticed_here_is_recorded_as_well() -> None:
    """So both sides have both records."""
    contrary = msgspec.structs.replace(HEARD, winner="b")
    (recorded,) = record_told((contrary,), (OURS,), {"summary": "mine"}, {}, POLICY)
    assert (recorded.winner, recorded.told) == ("b", True)


@pytest.mark.parametrize(
    ("own", "told", "given_up_at", "theirs_at", "ours_at", "taken"),
    [
        ("there", "here", 10, 30, 10, {"f"}),
        ("there", "here", 10, 30, 5, {"f"}),
        ("there", "here", 10, 15, 10, set()),
        ("there", "here", 10, 20, 5, {"f"}),
        ("there", "here", 10, 30, 11, set()),
        ("there", "here", 0, 30, 11, {"f"}),
        ("here", "there", 10, 30, 10, set()),
    ],
    ids=["given up", "older", "earlier", "as late", "newer", "unknown", "both kept theirs"],
)
def test_an_edit_that_was_given_up_and_stands_there_is_taken_back(
    make_twin, own: str, told: str, given_up_at: int, theirs_at: int, ours_at: int, taken: set[str]
) -> None:
    """Where that was decided later, about another edit of theirs."""
    ours = Decision("f", own, "newest", sender_at=given_up_at, receiver_at=20, version=4)
    theirs = Decision("f", told, "newest", sender_at=theirs_at, receiver_at=ours_at, version=7)
    twin = make_twin(decisions=(ours,), heard=(theirs,))
    assert contradicted(twin, Policy("here", "there")) == taken


def test_that_a_text_gave_way_in_a_merge_is_told_and_is_no_conflict(make_twin) -> None:
    """Both sides may have given way to the other: then the policy takes one."""
    merge = FieldMerge(FieldChange(), (), (), frozenset(), {}, gave_way={"f": (10, 20)})
    twin = note_merged(make_twin(), merge, Policy("here", "there"))
    (made,) = twin.decisions
    assert (made.winner, made.by, made.sender_at, made.receiver_at) == ("there", MERGED, 10, 20)
    theirs = Decision("f", "here", MERGED, sender_at=20, receiver_at=10)
    assert record_told((theirs,), (), {"f": "x"}, {}, Policy("here", "there")) == ()
    twin = msgspec.structs.replace(twin, heard=(theirs,))
    assert contradicted(twin, Policy("here", "there")) == {"f"}
    assert note_merged(twin, FieldMerge(FieldChange(), (), (), frozenset(), {}), POLICY) is twin


def test_a_message_that_replaces_another_tells_its_decisions_too() -> None:
    first = TwinMessage("t", "1", 1, 0, Replica(), decided=(HEARD,))
    other = Decision("status", "a", "a")
    second = TwinMessage("t", "1", 2, 0, Replica(), decided=(HEARD, other))
    assert merge_messages(first, second).decided == (HEARD, other)
    third = TwinMessage("t", "1", 3, 0, Replica())
    assert merge_messages(first, third).decided == (HEARD,)


def test_a_decision_is_heard_once_and_kept_until_it_is_recorded(make_twin) -> None:
    first = Decision("summary", "a", "newest", version=4)
    again = Decision("summary", "b", "newest", version=6)
    other = Decision("status", "a", "newest", version=5)
    heard = hear_decisions(make_twin(replica_version=3), (first, other))
    assert heard == (first, other)
    waiting = make_twin(replica_version=5, heard=heard)
    assert hear_decisions(waiting, (first, other, again)) == (other, again)
    assert hear_decisions(make_twin(replica_version=6), (first, other, again)) == ()


MADE = Decision("f", "here", "newest", sender_at=20, receiver_at=10, version=4)
THEIRS = Decision("f", "there", "there", sender_at=10, receiver_at=20, version=7)
EARLIER = msgspec.structs.replace(THEIRS, sender_at=20, receiver_at=10)
CROSSED = msgspec.structs.replace(MADE, sender_at=10, receiver_at=20)
NOW_THEIRS = Policy("here", "there", "there")


@pytest.mark.parametrize(
    ("heard", "policy", "fields"),
    [
        (THEIRS, NOW_THEIRS, {"f"}),
        (THEIRS, Policy("here", "there"), set()),
        (THEIRS, Policy("here", "there", "park"), set()),
        (EARLIER, Policy("here", "there", "park"), {"f"}),
        (msgspec.structs.replace(THEIRS, winner="here"), NOW_THEIRS, set()),
        (msgspec.structs.replace(THEIRS, sender_at=11), NOW_THEIRS, set()),
        (msgspec.structs.replace(THEIRS, by="person"), NOW_THEIRS, set()),
        (msgspec.structs.replace(THEIRS, field="g"), NOW_THEIRS, set()),
    ],
    ids=[
        "agreed since",
        "not agreed",
        "to ask, ours is newer",
        "to ask, theirs is newer",
        "the same",
        "another conflict",
        "a person",
        "unknown",
    ],
)
def test_of_two_contrary_decisions_the_policy_in_force_takes_one(
    make_twin, heard: Decision, policy: Policy, fields: set[str]
) -> None:
    made = CROSSED if heard is EARLIER else MADE
    assert contradicted(make_twin(decisions=(made,), heard=(heard,)), policy) == fields


@pytest.mark.parametrize(
    ("wanted", "local", "edits", "taken"),
    [
        ({"f": "theirs"}, {"f": "ours"}, {"f": Stamp(4, 20)}, {"f": "theirs"}),
        ({"f": "theirs"}, {"f": "ours"}, {}, {"f": "theirs"}),
        ({"f": "theirs"}, {"f": "newer"}, {"f": Stamp(5, 30)}, {}),
        ({"f": "same"}, {"f": "same"}, {}, {}),
        ({"f": ("a",)}, {"f": ("b",)}, {}, {}),
        ({}, {"f": "ours"}, {}, {}),
    ],
)
def test_an_overruled_value_is_taken_unless_it_was_edited_since(
    make_twin, wanted: dict, local: dict, edits: dict, taken: dict
) -> None:
    merge = FieldMerge(FieldChange(), (), (), frozenset(), edits)
    before = make_twin(acknowledged=4, adopted=("e",))
    twin, found = overruled(before, merge, frozenset({"f"}), wanted, local)
    assert found.change.set == taken
    assert found.edits == ({} if taken else edits)
    assert twin.adopted == ("e", *taken)
