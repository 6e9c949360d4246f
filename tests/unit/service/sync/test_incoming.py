"""From the newest replica to what is written to the local issue."""

import pytest

from schemas.issue import FieldChange
from schemas.replica import ElementStamp, Replica, ReplicaAttachment, ReplicaComment, Stamp
from schemas.rich_text import plain
from schemas.rules import Wanted
from schemas.twin import Base, Flip
from schemas.values import condense
from service.sync.incoming import (
    FLIP_LIMIT,
    FLIP_WINDOW,
    changed_fields,
    drop_waiting,
    for_rule,
    is_waiting,
    note_anew,
    note_flips,
    note_intended,
    note_taken,
    plan_draft,
    plan_fields,
    previous_fields,
)
from service.sync.markers import issue_intent
from service.sync.merge import FieldMerge
from service.sync.policy import Policy

LONG = plain("word " * 200)
COMMENT = ReplicaComment("1", plain("hi"))
FILE = ReplicaAttachment("f", "a.txt", 3)


@pytest.mark.parametrize(
    "replica",
    [
        Replica(comments=(COMMENT,)),
        Replica(attachments=(FILE,)),
        Replica(removed_comments=("1",)),
        Replica(removed_attachments=("f",)),
    ],
)
def test_parts_wait_also_when_the_fields_were_taken_in(make_twin, replica: Replica) -> None:
    assert is_waiting(make_twin(replica=replica, replica_version=2, included=2))


def test_a_newer_version_waits_unless_it_is_not_whole(make_twin) -> None:
    assert is_waiting(make_twin(replica_version=2, included=1))
    assert not is_waiting(make_twin(replica_version=2, included=2))
    partial = Replica({"description": condense(LONG)})
    assert not is_waiting(make_twin(replica=partial, replica_version=2))


def test_at_the_first_meeting_all_is_new(make_twin) -> None:
    replica = Replica({"a": 1, "b": 2}, {"a": Stamp(1, 0)})
    assert changed_fields(make_twin(replica=replica, replica_version=1)) == {"a", "b"}


def test_later_only_what_was_stamped_since_is_new(make_twin) -> None:
    replica = Replica({"a": 1, "b": 2, "c": 3}, {"a": Stamp(3, 0), "b": Stamp(2, 0)})
    twin = make_twin(replica=replica, replica_version=3, included=2)
    assert changed_fields(twin) == {"a"}


def test_the_base_tells_what_was_before_when_it_still_fits(make_twin) -> None:
    replica = Replica({"a": "new", "b": "same"}, {"a": Stamp(3, 0, 3, "old")})
    base = Base({}, {}, {"a": "old", "b": "same"})
    twin = make_twin(replica=replica, replica_version=3, included=2, base=base)
    assert previous_fields(twin) is None


def test_the_rule_is_asked_when_the_other_side_took_over_what_we_had_sent(make_twin) -> None:
    replica = Replica({"a": "new", "b": "ours"}, {"a": Stamp(3, 0, 3, "old")})
    base = Base({}, {}, {"a": "old", "b": "before"})
    twin = make_twin(replica=replica, replica_version=3, included=2, base=base)
    assert previous_fields(twin) == {"a": "old", "b": "ours"}


def test_of_a_run_of_edits_that_was_partly_taken_in_the_base_knows_the_rest(make_twin) -> None:
    replica = Replica({"a": "third", "b": "x"}, {"a": Stamp(3, 0, 1, "first")})
    base = Base({}, {}, {"a": "second", "b": "y"})
    twin = make_twin(replica=replica, replica_version=3, included=2, base=base)
    assert previous_fields(twin) == {"a": "second", "b": "x"}


def test_what_is_known_by_its_digest_only_is_not_shown_to_the_rule(make_twin) -> None:
    replica = Replica({"a": LONG, "b": "x"}, {"a": Stamp(3, 0, 3, condense(plain("old " * 200)))})
    twin = make_twin(replica=replica, replica_version=3, included=2)
    assert previous_fields(twin) == {"b": "x"}


def test_without_news_there_is_nothing_before(make_twin) -> None:
    assert previous_fields(make_twin(replica_version=2, included=2)) is None
    assert previous_fields(make_twin(replica_version=2)) is None


def test_sets_go_back_element_by_element(make_twin) -> None:
    """Taken in was version 2 with {kept, back}; `seen` is older news, and `back` came and went."""
    elements = {
        "added": ElementStamp(3, 3, before=False),
        "removed": ElementStamp(4, 3, before=True),
        "seen": ElementStamp(2, 1, before=False),
        "back": ElementStamp(3, 1, before=False),
    }
    replica = Replica(
        {"labels": ("added", "kept", "seen")}, {"labels": Stamp(4, 0, 1, (), elements)}
    )
    base = Base({}, {}, {"labels": ("back", "kept")})
    twin = make_twin(replica=replica, replica_version=4, included=2, base=base)
    assert previous_fields(twin) == {"labels": ("back", "kept", "removed", "seen")}


def test_a_draft_takes_type_and_project_from_the_rule_or_the_settings(make_twin) -> None:
    twin = make_twin(replica=Replica(url="https://there.example/1"))
    draft = plan_draft(twin, Wanted({"summary": "s", "type": "Bug"}), "P", "Task", "m")
    assert (draft.project, draft.type, draft.fields) == ("P", "Bug", {"summary": "s"})
    assert (draft.marker, draft.source_url) == ("m", "https://there.example/1")
    draft = plan_draft(twin, Wanted({}, project="Q", type="Story"), "P", "Task", "m")
    assert (draft.project, draft.type) == ("Q", "Story")
    assert plan_draft(twin, Wanted({}), "P", "Task", "m").type == "Task"


def test_an_intent_is_remembered_with_what_the_issue_is_to_be(make_twin) -> None:
    intent = issue_intent("t", "c", 1)
    twin = note_intended(make_twin(), intent, Wanted({"d": LONG}))
    assert twin.intents == (intent,)
    assert twin.base.wanted == {"d": condense(LONG)}


def test_fields_are_merged_with_the_stamps_that_are_new(make_twin, make_issue) -> None:
    replica = Replica({"a": 2, "b": 2}, {"a": Stamp(3, 300), "b": Stamp(1, 900)})
    twin = make_twin(
        replica=replica,
        replica_version=3,
        included=2,
        version=1,
        base=Base({}, {"a": 0, "b": 1}),
    )
    issue = make_issue({"a": 1, "b": 1}, updated=200)
    merge = plan_fields(
        twin, issue, Wanted({"a": 2, "b": 2}), {"a": 0, "b": 2}, Policy("here", "there")
    )
    assert merge.change.set == {"a": 2}
    assert merge.conflicts[0].remote_at == 300


def test_taking_in_moves_the_base(make_twin, make_issue) -> None:
    replica = Replica({"a": "x"}, {"a": Stamp(1, 1)})
    twin = make_twin(
        replica=replica,
        replica_version=1,
        sent={"s": 1},
        adopted=("z",),
        base=Base({"old": 1}, {"h": 2}),
    )
    issue = make_issue({"a": "X", "s": 1, "h": 2})
    taken = note_taken(twin, None, Wanted({"a": "x"}), issue)
    assert (taken.included, taken.local_version, taken.issue) == (1, 7, issue.ref)
    assert taken.base == Base({"a": "x"}, {"a": "X", "h": 2, "s": 1}, {"a": "x"})
    assert taken.adopted == ("a", "z")
    assert note_taken(twin, None, None, issue).base.wanted == {"old": 1}


def test_the_stamp_of_an_edit_that_lost_unheard_goes_with_it(make_twin, make_issue) -> None:
    """On the winner's value it would make that an edit of ours."""
    stamps = {name: Stamp(version, 0) for name, version in (("a", 3), ("b", 3), ("c", 1))}
    twin = make_twin(acknowledged=2, stamps=stamps)
    merge = FieldMerge(
        FieldChange({"a": 1, "b": 1, "c": 1}), (), (), frozenset(), edits={"b": Stamp(4, 0)}
    )
    taken = note_taken(twin, merge, None, make_issue())
    assert taken.stamps.keys() == {"b", "c"}


def test_a_field_that_keeps_going_back_is_noticed(make_twin, make_issue) -> None:
    twin = make_twin(replica_version=1)
    over: tuple[str, ...] = ()
    for turn in range(FLIP_LIMIT + 1):
        assert over == ()
        here, wanted = ("a", "b") if turn % 2 else ("b", "a")
        issue = make_issue({"f": here})
        merge = plan_fields(
            twin, issue, Wanted({"f": wanted}), {"f": here}, Policy("here", "there")
        )
        twin, over = note_flips(twin, issue, merge, 1_000 + turn)
    assert over == ("f",)


def test_what_went_back_long_ago_counts_no_more(make_twin, make_issue) -> None:
    old = Flip(tuple(range(FLIP_LIMIT)), ())
    twin = make_twin(replica_version=1, flips={"f": old})
    merge = plan_fields(
        twin, make_issue({"f": "a"}), Wanted({"f": "b"}), {"f": "a"}, Policy("here", "there")
    )
    twin, over = note_flips(twin, make_issue({"f": "a"}), merge, FLIP_WINDOW + FLIP_LIMIT)
    assert over == ()
    assert twin.flips["f"].times == ()


def test_what_was_dealt_with_waits_no_longer(make_twin) -> None:
    replica = Replica(
        comments=(COMMENT,),
        attachments=(FILE,),
        removed_comments=("8", "9"),
        removed_attachments=("y",),
    )
    twin = drop_waiting(
        make_twin(replica=replica),
        comments=frozenset({"1"}),
        attachments=frozenset({"f"}),
        removed_comments=frozenset({"8"}),
        removed_attachments=frozenset({"y"}),
    )
    assert twin.replica == Replica(removed_comments=("9",))


def test_a_rule_that_is_asked_about_the_past_sees_fields_only(make_twin) -> None:
    twin = make_twin(replica=Replica({"a": 2}, comments=(COMMENT,), attachments=(FILE,)))
    assert for_rule(twin) is twin.replica
    assert for_rule(twin, {"a": 1}) == Replica({"a": 1})


def test_what_was_written_because_a_rule_was_asked_once_more_is_no_news(make_twin) -> None:
    twin = make_twin(anew=True, adopted=("summary",))
    change = FieldChange({"status": "done"}, {"labels": ("a",)}, {"components": ("b",)})
    noted = note_anew(twin, FieldMerge(change, (), (), frozenset(), {}))
    assert (noted.anew, noted.adopted) == (False, ("components", "labels", "status", "summary"))
    assert note_anew(twin, None).adopted == ("summary",)
