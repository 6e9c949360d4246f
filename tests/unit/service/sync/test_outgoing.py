"""From what the tracker holds to what is sent: only news travels with a new stamp."""

from typing import Any

import msgspec
import pytest

from schemas.issue import Attachment, Comment, FieldChange, Issue
from schemas.replica import ElementStamp, Replica, ReplicaComment, Stamp, TwinMessage
from schemas.rich_text import plain
from schemas.rules import Outgoing, OutgoingComment
from schemas.twin import Base, Twin
from schemas.values import Value, condense
from service.sync.merge import FieldMerge
from service.sync.outgoing import (
    Judged,
    Parts,
    compose,
    compose_gone,
    compose_lacking,
    news,
    note_held,
    note_judged,
    note_local_edits,
)

LONG = plain("word " * 200)
ALLOWED = frozenset({"key", "url"})
NOTHING = FieldMerge(FieldChange(), (), (), frozenset(), {})


def merged(standing: set[str] | None = None, decided: set[str] | None = None) -> FieldMerge:
    return FieldMerge(
        FieldChange(),
        (),
        (),
        frozenset(standing or ()),
        {},
        decided=frozenset(decided or ()),
    )


def say(
    twin: Twin,
    issue: Issue,
    fields: dict[str, Any],
    *,
    fresh: set[str] | None = None,
    parts: Parts | None = None,
    taken: dict[str, frozenset[str]] | None = None,
    waiting: TwinMessage | None = None,
) -> tuple[Twin, TwinMessage | None]:
    return compose(
        twin,
        issue,
        Outgoing(fields),
        frozenset(fields if fresh is None else fresh),
        parts or Parts(),
        taken=taken or {},
        waiting=waiting,
        allowed=ALLOWED,
    )


# What is news


def test_a_field_that_was_never_sent_or_has_changed_is_news(make_twin) -> None:
    twin = make_twin(sent={"same": 1, "changed": 1, "long": condense(LONG)})
    outgoing = Outgoing({"same": 1, "changed": 2, "new": None, "long": LONG})
    assert news(twin, outgoing, None, None) == {"changed", "new"}


def test_what_was_taken_over_does_not_go_back_as_a_wish(make_twin) -> None:
    twin = make_twin(sent={"f": "old"}, adopted=("f",), replica=Replica({"f": "Mapped"}))
    assert news(twin, Outgoing({"f": "mapped"}), None, None) == frozenset()
    assert news(twin, Outgoing({"f": "mapped"}), None, NOTHING) == frozenset()


def test_a_local_edit_that_stands_against_the_other_side_is_news(make_twin) -> None:
    twin = make_twin(sent={"f": "old"}, adopted=("f",), replica=Replica({"f": "theirs"}))
    assert news(twin, Outgoing({"f": "ours"}), None, merged({"f"})) == {"f"}
    assert news(twin, Outgoing({"f": "theirs"}), None, merged({"f"})) == frozenset()


def test_a_value_that_meets_the_other_sides_is_told_while_an_earlier_one_is_on_its_way(
    make_twin,
) -> None:
    """It would be taken there, and stay."""
    sent = {"sent": {"f": "third"}, "adopted": ("f",), "replica": Replica({"f": "theirs"})}
    twin = make_twin(**sent, stamps={"f": Stamp(2, 1)}, acknowledged=1)
    assert news(twin, Outgoing({"f": "theirs"}), None, merged({"f"})) == {"f"}
    twin = make_twin(**sent, stamps={"f": Stamp(2, 1)}, acknowledged=2)
    assert news(twin, Outgoing({"f": "theirs"}), None, merged({"f"})) == frozenset()


def test_of_a_set_only_what_people_here_changed_is_news(make_twin) -> None:
    """The other side has {l}; it may meanwhile have taken over our {m}, which is gone here."""
    twin = make_twin(sent={"f": ("m",)}, adopted=("f",), replica=Replica({"f": ("l",)}))
    both = msgspec.structs.replace(merged({"f"}), taken={"f": frozenset("l")})
    assert news(twin, Outgoing({"f": ("l",)}), None, both) == {"f"}
    assert news(twin, Outgoing({"f": ("l", "m")}), None, both) == frozenset()


def test_an_edit_that_goes_out_under_another_name_is_known_by_its_value(make_twin) -> None:
    """Our rule sends `state` for the local field `status`, where an edit stands."""
    twin = make_twin(sent={"state": "old"}, adopted=("state",), base=Base({}, {"status": "x"}))
    standing = merged({"status"})
    ours = Outgoing({"state": "ours"})
    assert news(twin, ours, ours, standing) == {"state"}
    assert news(twin, ours, Outgoing({"state": "old"}), standing) == frozenset()
    assert news(twin, ours, Outgoing({"state": "third"}), standing) == frozenset()
    assert news(twin, ours, None, standing) == frozenset()


def test_a_decision_is_told_even_if_its_value_was_sent_before(make_twin) -> None:
    twin = make_twin(sent={"f": "ours"}, adopted=("f",), replica=Replica({"f": "theirs"}))
    assert news(twin, Outgoing({"f": "ours"}), None, merged(decided={"f"})) == {"f"}


# The message


def test_the_first_message_tells_everything(make_twin, make_issue) -> None:
    twin, message = say(make_twin(included=3), make_issue(), {"summary": "s", "d": LONG})
    assert message is not None
    assert (message.version, message.have, message.issue) == (1, 3, "1")
    assert message.replica.fields == {"summary": "s", "d": LONG}
    assert (message.replica.key, message.replica.url) == ("A-1", "https://tracker.example/A-1")
    assert set(message.replica.stamps) == {"summary", "d"}
    assert (twin.version, twin.sent) == (1, {"summary": "s", "d": condense(LONG)})


def test_without_news_nothing_is_sent_but_remembered(make_twin, make_issue) -> None:
    twin = make_twin(version=2, sent={"f": "old"}, adopted=("f",))
    twin, message = say(twin, make_issue(), {"f": "theirs"}, fresh=set())
    assert message is None
    assert (twin.version, twin.sent, twin.adopted) == (2, {"f": "theirs"}, ())


@pytest.mark.parametrize(
    "parts",
    [
        Parts(comments=(ReplicaComment("1", plain("hi")),)),
        Parts(removed_comments=("1",)),
        Parts(removed_attachments=("1",)),
    ],
)
def test_parts_alone_make_a_message(make_twin, make_issue, parts: Parts) -> None:
    twin = make_twin(version=2, sent={"f": 1}, stamps={"f": Stamp(1, 1)})
    _, message = say(twin, make_issue(), {"f": 1}, fresh=set(), parts=parts)
    assert message is not None
    assert message.replica.comments == parts.comments
    assert message.replica.stamps == {"f": Stamp(1, 1)}


def test_what_the_contract_keeps_back_is_not_told_in_passing(make_twin, make_issue) -> None:
    _, message = compose(
        make_twin(),
        make_issue(),
        Outgoing({}),
        frozenset(),
        Parts(),
        taken={},
        waiting=None,
        allowed=frozenset(),
    )
    assert message is not None
    assert (message.replica.key, message.replica.url) == ("", "")


def test_a_large_value_that_the_other_side_has_travels_as_its_digest(make_twin, make_issue) -> None:
    twin = make_twin(version=1, sent={"d": condense(LONG), "s": "a"})
    _, message = say(twin, make_issue(), {"d": LONG, "s": "b"}, fresh={"s"})
    assert message is not None
    assert message.replica.fields == {"d": condense(LONG), "s": "b"}


def test_who_lacks_content_gets_everything_whole(make_twin, make_issue) -> None:
    twin = make_twin(version=1, sent={"d": condense(LONG)}, resend=True)
    twin, message = say(twin, make_issue(), {"d": LONG}, fresh=set())
    assert message is not None
    assert message.replica.fields == {"d": LONG}
    assert not twin.resend


def test_who_lacks_content_says_so_once(make_twin, make_issue) -> None:
    twin, message = say(make_twin(version=1, lacking=True), make_issue(), {}, fresh=set())
    assert message is not None
    assert message.lacking
    assert not twin.lacking


def test_a_cry_before_there_is_an_issue_uses_up_a_version(make_twin) -> None:
    """The other side takes each version only once: the first real message needs its own."""
    twin, message = compose_lacking(make_twin(lacking=True, included=4))
    assert (message.version, message.issue, message.have, message.lacking) == (1, "", 4, True)
    assert twin.version == 1
    assert twin.resend


def test_the_message_that_still_waits_is_replaced_and_its_parts_kept(
    make_twin, make_issue, make_message
) -> None:
    waiting = make_message(1, Replica({"f": 1}, comments=(ReplicaComment("1", plain("hi")),)))
    _, message = say(make_twin(version=1), make_issue(), {"f": 2}, waiting=waiting)
    assert message is not None
    assert (message.version, message.replica.fields) == (2, {"f": 2})
    assert [c.id for c in message.replica.comments] == ["1"]


# Stamps


def test_a_stamp_tells_when_and_what_was_before(make_twin, make_issue) -> None:
    twin = make_twin(version=4, acknowledged=4, sent={"f": "old"}, stamps={"f": Stamp(2, 1)})
    _, message = say(twin, make_issue(updated=50), {"f": "new"})
    assert message is not None
    assert message.replica.stamps == {"f": Stamp(5, 50, 5, "old")}


def test_a_run_of_edits_that_was_not_confirmed_keeps_its_beginning(make_twin, make_issue) -> None:
    known = Stamp(4, 10, 3, "first")
    twin = make_twin(version=4, acknowledged=3, sent={"f": "second"}, stamps={"f": known})
    _, message = say(twin, make_issue(updated=50), {"f": "third"})
    assert message is not None
    assert message.replica.stamps == {"f": Stamp(5, 50, 3, "first")}


def test_the_time_is_that_of_the_edit_where_it_is_known(make_twin, make_issue) -> None:
    twin = make_twin(version=4, edits={"f": Stamp(5, 33), "g": Stamp(2, 33)})
    _, message = say(twin, make_issue(updated=50), {"f": 1, "g": 1})
    assert message is not None
    assert (message.replica.stamps["f"].at, message.replica.stamps["g"].at) == (33, 50)


@pytest.mark.parametrize(
    ("resend", "text", "asks"),
    [(True, condense(LONG), True), (False, condense(LONG), False), (True, LONG, False)],
)
def test_what_is_said_again_asks_again_for_what_is_missing(
    make_twin, make_issue, resend: bool, text: Value, asks: bool
) -> None:
    twin = make_twin(version=4, resend=resend, replica=Replica({"description": text}))
    _, message = say(twin, make_issue(), {"f": 1})
    assert message is not None
    assert message.lacking is asks


def test_what_a_side_that_forgot_finds_changed_is_an_edit(make_twin, make_issue) -> None:
    edits = {"old": Stamp(2, 33), "unseen": Stamp(4, 33)}
    fields = {"old": 1, "unseen": 1, "new": 1}
    for recalls, known in (("", edits), ("told", edits | {"old": Stamp(5, 0), "new": Stamp(5, 0)})):
        twin = make_twin(version=4, acknowledged=3, recalls=recalls, edits=edits)
        told, _ = say(twin, make_issue(updated=0), fields)
        assert told.edits == known


def test_of_sets_each_element_has_its_own_history(make_twin, make_issue) -> None:
    elements = {
        "run": ElementStamp(4, 3, before=True),
        "confirmed": ElementStamp(2, 2, before=False),
        "theirs": ElementStamp(4, 4, before=False),
    }
    twin = make_twin(
        version=4,
        acknowledged=2,
        sent={"labels": ("confirmed", "gone", "theirs")},
        stamps={"labels": Stamp(4, 10, 3, (), elements), "f": Stamp(1, 1)},
    )
    _, message = say(
        twin,
        make_issue(updated=50),
        {"labels": ("confirmed", "new", "run", "taken")},
        taken={"labels": frozenset({"taken", "theirs"}), "unsent": frozenset({"x"})},
    )
    assert message is not None
    assert message.replica.stamps["labels"].elements == {
        "run": ElementStamp(5, 3, before=True),
        "gone": ElementStamp(5, 5, before=True),
        "new": ElementStamp(5, 5, before=False),
    }


# Parts


def test_judged_parts_leave_as_the_rule_lets_them(make_twin) -> None:
    judged = Judged(
        (Comment("1", plain("raw")), Comment("2", plain("internal"), internal=True)),
        (Attachment("f", "a.txt", 3), Attachment("g", "b.txt", 3)),
    )
    outgoing = Outgoing({}, (OutgoingComment("1", plain("cooked")),), ("f",))
    twin, parts = note_judged(make_twin(version=6), judged, outgoing)
    assert [(c.id, c.body, c.version) for c in parts.comments] == [("1", plain("cooked"), 7)]
    assert [f.id for f in parts.attachments] == ["f"]
    assert len(twin.comments) == len(twin.attachments) == 2
    assert parts
    assert not Parts()


# The rest


def test_a_reconcile_without_news_from_there_stamps_local_edits(make_twin, make_issue) -> None:
    twin = make_twin(version=2, base=Base({}, {"f": "a", "g": 1}))
    issue = make_issue({"f": "b", "g": 1}, updated=9)
    noted = note_local_edits(twin, issue)
    assert noted.edits == {"f": Stamp(3, 9)}
    assert noted.issue == issue.ref


def test_what_is_held_becomes_our_side_of_the_base(make_twin, make_issue) -> None:
    twin = make_twin(base=Base({"w": 1}, {"h": 1}), sent={"s": 1})
    held = note_held(twin, make_issue({"w": 2, "h": 3, "s": "", "other": 5}))
    assert held.base == Base({"w": 1}, {"h": 3, "s": None, "w": 2})
    assert held.local_version == 7


def test_a_deleted_issue_is_told_and_nothing_else(make_twin, make_issue) -> None:
    twin, message = compose_gone(make_twin(version=2, issue=make_issue().ref), key="A-1")
    assert (message.version, message.issue) == (3, "1")
    assert message.replica == Replica(key="A-1", gone=True)
    assert twin.gone
    _, message = compose_gone(make_twin(), key="")
    assert message.issue == ""
