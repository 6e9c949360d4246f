"""Taking messages in: the newest wins, and nothing that only an older one carried is lost."""

from schemas.replica import Replica, ReplicaAttachment, ReplicaComment, Stamp
from schemas.rich_text import plain
from schemas.values import condense
from service.sync.intake import merge_messages, take_in

LONG = plain("word " * 200)


def comment(id: str, text: str = "x", version: int = 1) -> ReplicaComment:
    return ReplicaComment(id, plain(text), version=version)


def test_the_first_message_is_taken_as_it_is(make_message) -> None:
    message = make_message(1)
    assert merge_messages(None, message) is message


def test_the_newer_replaces_the_older_in_whatever_order_they_meet(make_message) -> None:
    old = make_message(1, Replica({"summary": "old", "gone": 1}))
    new = make_message(2, Replica({"summary": "new"}))
    for merged in (merge_messages(old, new), merge_messages(new, old)):
        assert merged.version == 2
        assert merged.replica.fields == {"summary": "new"}


def test_parts_that_only_the_older_carried_are_kept(make_message) -> None:
    old = make_message(
        1,
        Replica(
            comments=(comment("1"), comment("2"), comment("3")),
            attachments=(ReplicaAttachment("a", "a.txt", 1), ReplicaAttachment("b", "b.txt", 1)),
            removed_comments=("8",),
            removed_attachments=("y",),
        ),
        lacking=True,
    )
    new = make_message(
        2,
        Replica(
            comments=(comment("2", "edited", 2), comment("4")),
            attachments=(ReplicaAttachment("c", "c.txt", 1),),
            removed_comments=("3", "8"),
            removed_attachments=("b",),
        ),
    )
    merged = merge_messages(old, new)
    assert merged.replica.comments == (comment("1"), comment("2", "edited", 2), comment("4"))
    assert [file.id for file in merged.replica.attachments] == ["a", "c"]
    assert merged.replica.removed_comments == ("8", "3")
    assert merged.replica.removed_attachments == ("y", "b")
    assert merged.lacking


def test_a_digest_is_filled_in_from_what_is_held(make_message) -> None:
    old = make_message(1, Replica({"description": LONG, "summary": "s"}))
    new = make_message(2, Replica({"description": condense(LONG), "summary": "t"}))
    assert merge_messages(old, new).replica.fields == {"description": LONG, "summary": "t"}


def test_a_digest_of_something_else_stays_a_digest(make_message) -> None:
    other = condense(plain("other " * 200))
    old = make_message(1, Replica({"description": LONG}))
    new = make_message(2, Replica({"description": other}))
    assert merge_messages(old, new).replica.fields == {"description": other}


def test_taking_in_remembers_issue_versions_and_path(make_twin, make_message) -> None:
    twin = take_in(make_twin(), make_message(3, Replica({"summary": "s"}), have=2, path=("n/c",)))
    assert (twin.remote_issue, twin.replica_version, twin.acknowledged) == ("9", 3, 2)
    assert twin.path == ("n/c",)
    assert not twin.lacking


def test_an_old_message_changes_nothing(make_twin, make_message) -> None:
    twin = take_in(make_twin(), make_message(3, Replica({"summary": "s"}), have=2))
    assert take_in(twin, make_message(3, Replica({"summary": "other"}), have=9)) is twin
    assert take_in(twin, make_message(1)) is twin


def test_what_was_acknowledged_is_never_taken_back(make_twin, make_message) -> None:
    twin = take_in(make_twin(), make_message(3, have=5))
    assert take_in(twin, make_message(4, have=4)).acknowledged == 5


def test_a_twin_with_an_issue_keeps_its_path(make_twin, make_message, make_issue) -> None:
    twin = make_twin(issue=make_issue().ref, path=("first",))
    assert take_in(twin, make_message(1, path=("other",))).path == ("first",)


def test_content_that_nobody_holds_is_noticed(make_twin, make_message) -> None:
    twin = take_in(make_twin(), make_message(1, Replica({"description": condense(LONG)})))
    assert twin.lacking


def test_a_cry_for_content_is_heard_even_without_an_issue(make_twin, make_message) -> None:
    twin = take_in(make_twin(version=4), make_message(1, issue="", lacking=True))
    assert twin.resend
    assert (twin.remote_issue, twin.replica_version) == ("", 0)


def test_stamps_come_with_the_newest(make_twin, make_message) -> None:
    old = Replica({"summary": "a"}, {"summary": Stamp(1, 10)})
    new = Replica({"summary": "b"}, {"summary": Stamp(2, 20)})
    twin = take_in(take_in(make_twin(), make_message(1, old)), make_message(2, new))
    assert twin.replica.stamps == {"summary": Stamp(2, 20)}
