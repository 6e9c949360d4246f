"""What a side that was restored from a backup finds again, and what it says anew."""

import msgspec

from schemas.issue import Attachment, Comment
from schemas.replica import (
    Decision,
    ElementStamp,
    Replica,
    ReplicaAttachment,
    ReplicaComment,
    Stamp,
    TwinMessage,
)
from schemas.rich_text import plain
from schemas.rules import WantedComment
from schemas.twin import AttachmentTrace, Base, CommentTrace, Intent, Twin
from schemas.values import User
from service.sync.comments import DeleteComment, plan_comments
from service.sync.incoming import previous_fields
from service.sync.intake import take_in
from service.sync.markers import marker
from service.sync.outgoing import compose_lacking
from service.sync.restoring import (
    found_again,
    note_forgotten,
    recall_comments,
    recall_files,
    risen,
    was_heard_before,
)

WORDS = plain("words")


def twin(**changes) -> Twin:
    return msgspec.structs.replace(Twin("t", "c"), **changes)


def comment(id: str, mark: str = "", text: str = "words", *, updated: int = 1) -> Comment:
    return Comment(id, plain(text), User("sync"), 1, updated, False, mark)


def message(**changes) -> TwinMessage:
    known = TwinMessage("t", "far", 5, 2, Replica({"summary": "s"}))
    return msgspec.structs.replace(known, **changes)


def test_a_twin_rises_once_and_asks_only_where_this_side_forgot() -> None:
    low = twin(version=3)
    assert risen(low, 0, 0) is low
    peers_loss = risen(low, 100, 0)
    assert (peers_loss.version, peers_loss.resend, peers_loss.recalls) == (100, True, "")
    assert risen(low, 100, 100).recalls == "asks"
    assert risen(peers_loss, 100, 100) is peers_loss


def test_of_two_sides_that_ask_the_one_that_was_restored_first_speaks() -> None:
    asking = risen(twin(version=3), floor=10, forgot=10)
    assert asking.recalls == "asks"
    assert risen(asking, floor=20, forgot=10).recalls == "told"
    assert risen(asking, floor=20, forgot=20).recalls == "asks"


def test_what_was_never_confirmed_gets_a_version_of_which_nobody_heard() -> None:
    """The restored side may have used the same versions before, for something else."""
    elements = {"old": ElementStamp(2, 2, False), "new": ElementStamp(3, 3, True)}
    stamps = {"labels": Stamp(3, 7, 2, None, elements), "status": Stamp(2, 5)}
    edits = {"labels": Stamp(3, 7), "status": Stamp(2, 5)}
    decisions = (Decision("f", "a", "newest", version=2), Decision("g", "a", "newest", version=3))
    rose = risen(
        twin(version=3, acknowledged=2, stamps=stamps, edits=edits, decisions=decisions),
        floor=100,
        forgot=100,
    )
    raised = {"old": ElementStamp(2, 2, False), "new": ElementStamp(100, 100, None)}
    assert rose.stamps == {"labels": Stamp(100, 7, 100, None, raised), "status": Stamp(2, 5)}
    assert rose.edits == {"labels": Stamp(100, 7, 100), "status": Stamp(2, 5)}
    assert [each.version for each in rose.decisions] == [2, 0]


def test_a_mirror_that_was_found_again_is_no_news() -> None:
    assert found_again(twin(replica=Replica({"b": 1, "a": 2}))).adopted == ("a", "b")


def test_what_had_come_from_here_may_be_news_though_the_mirror_was_found_again() -> None:
    replica = Replica({"b": 1, "a": 2}, {"a": Stamp(4, 0)})
    assert found_again(twin(acknowledged=1, replica=replica)).adopted == ("a",)


def test_what_the_other_side_had_from_a_forgotten_edit_is_held_against_what_is_here() -> None:
    last = {"same": "s", "ours": "old", "theirs": "old"}
    replica = Replica(
        {"same": "s", "ours": "forgotten", "theirs": "new", "none": (), "set": ("x",)},
        {"theirs": Stamp(9, 0)},
    )
    sent = {"same": "S", "ours": "old"}
    forgot = twin(replica=replica, acknowledged=1, base=Base({}, {}, last), sent=sent)
    assert note_forgotten(forgot).sent == {"same": "S", "none": None, "set": ("x",)}


def test_a_fresh_twin_that_was_spoken_of_before_may_have_a_mirror() -> None:
    assert not was_heard_before(twin(replica_version=1))
    assert was_heard_before(twin(replica_version=2))
    assert was_heard_before(twin(acknowledged=1))


def test_a_forgotten_comment_is_found_by_its_marker_or_its_words() -> None:
    wish = WantedComment("r1", WORDS)
    held = twin(
        replica=Replica(comments=(ReplicaComment("r1", WORDS, version=4),)),
        comments=(CommentTrace("local", "l1"), CommentTrace("local", "l2")),
    )
    mark = marker("t", "shared", "comment", "r1")
    for mirror in (comment("l1", mark, "edited here"), comment("l1")):
        found = recall_comments(held, (wish,), (mirror,), "shared")
        assert [(t.origin, t.local_id) for t in found.comments] == [
            ("local", "l2"),
            ("remote", "l1"),
        ]
    assert recall_comments(held, (wish,), (comment("l1", text="other"),), "shared") == held


def test_a_comment_that_is_traced_or_not_waiting_is_left_alone() -> None:
    traced = twin(
        replica=Replica(comments=(ReplicaComment("r1", WORDS),)),
        comments=(CommentTrace("remote", "l1", "r1"),),
    )
    wishes = (WantedComment("r1", WORDS), WantedComment("r2", WORDS))
    assert recall_comments(traced, wishes, (comment("l9"),), "shared") == traced


def test_the_forgotten_mirror_of_a_deleted_comment_is_nobodys_news() -> None:
    deleted = twin(
        replica=Replica(removed_comments=("r1", "r2", "r3", "r4")),
        comments=(CommentTrace("remote", "l2", "r2"), CommentTrace("local", "l4")),
        intents=(Intent("comment", "", "r3", 0), Intent("issue", "", "", 0)),
    )
    marks = {id: marker("t", "shared", "comment", id) for id in ("r1", "r2", "r3", "r4")}
    here = (
        comment("l1", marks["r1"], updated=2),
        comment("l2", marks["r2"]),
        comment("l3", marks["r3"]),
        comment("l4", marks["r4"]),
        comment("l5"),
    )
    found = recall_comments(deleted, (), here, "shared")
    assert [(t.origin, t.local_id, t.remote_id) for t in found.comments] == [
        ("remote", "l2", "r2"),
        ("remote", "l1", "r1"),
        ("remote", "l4", "r4"),
    ]
    assert plan_comments(found, (), here) == (DeleteComment("r4", "l4"),)


def test_a_forgotten_file_is_found_by_its_name_and_size() -> None:
    files = (ReplicaAttachment("r1", "a.txt", 3), ReplicaAttachment("r2", "b.txt", 4))
    held = twin(replica=Replica(attachments=files), attachments=(AttachmentTrace("local", "l1"),))
    found = recall_files(held, (Attachment("l1", "a.txt", 3),), "shared")
    (trace,) = found.attachments
    assert (trace.origin, trace.local_id, trace.remote_id) == ("remote", "l1", "r1")
    assert recall_files(found, (Attachment("l1", "a.txt", 3),), "shared") == found


def test_a_whole_message_answers_what_was_asked() -> None:
    asks = twin(version=100, recalls="asks")
    assert take_in(asks, message()).recalls == "asks"
    assert take_in(asks, message(whole=True)).recalls == "told"
    nothing = message(issue="", replica=Replica(), whole=True)
    assert take_in(asks, nothing).recalls == "told"
    assert take_in(asks, msgspec.structs.replace(nothing, whole=False)).recalls == "asks"
    assert take_in(twin(), nothing).recalls == ""


def test_of_an_issue_of_its_own_a_side_is_reminded_without_the_way_back() -> None:
    path = ("origin", "here", "there")
    reminded = take_in(twin(), message(yours="own", path=path))
    assert (reminded.recalled, reminded.path) == ("own", ("origin",))
    assert take_in(twin(), message(path=path)).path == path


def test_asking_and_having_nothing_to_tell_are_told_apart() -> None:
    _, asked = compose_lacking(twin(recalls="asks"))
    assert (asked.lacking, asked.whole) == (True, False)
    _, nothing = compose_lacking(twin())
    assert (nothing.lacking, nothing.whole) == (False, True)


def test_what_nobody_there_changed_came_from_here() -> None:
    replica = Replica(
        {"summary": "s", "status": "x", "labels": ("a",)}, stamps={"status": Stamp(9, 0)}
    )
    forgot = twin(recalls="told", replica=replica, replica_version=9, acknowledged=1)
    assert previous_fields(forgot) == {"summary": "s"}


def test_of_a_forgotten_set_what_was_taken_out_there_is_known() -> None:
    elements = {
        "out": ElementStamp(9, 9, True),
        "in": ElementStamp(9, 9, False),
        "back": ElementStamp(9, 8, True),
        "unknown": ElementStamp(9, 9, None),
    }
    replica = Replica({"labels": ("back", "in")}, {"labels": Stamp(9, 0, 9, None, elements)})
    forgot = twin(recalls="told", replica=replica, replica_version=9, acknowledged=1)
    assert previous_fields(forgot) == {"labels": ("out", "unknown")}


def test_of_a_set_that_was_said_before_a_restore_its_state_now_is_taken() -> None:
    elements = {"in": ElementStamp(9, 9, None), "out": ElementStamp(9, 9, None)}
    replica = Replica({"labels": ("in", "old")}, {"labels": Stamp(9, 0, 9, None, elements)})
    base = Base({}, {}, {"labels": ("in", "old")})
    before = twin(replica=replica, replica_version=9, included=3, acknowledged=1, base=base)
    assert previous_fields(before) == {"labels": ("old", "out")}
