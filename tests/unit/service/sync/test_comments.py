"""A comment belongs to the side where it was written."""

from typing import Any

import msgspec

from schemas.issue import Comment
from schemas.replica import Replica, ReplicaComment
from schemas.rich_text import plain
from schemas.rules import OutgoingComment, WantedComment
from schemas.twin import CommentTrace, Intent
from schemas.values import Work
from service.sync.comments import (
    AddComment,
    DeleteComment,
    EditComment,
    comment_digest,
    find_begun,
    missing_here,
    news_for_rule,
    note_deleted,
    note_found,
    note_local,
    note_mirrored,
    note_missing,
    plan_comments,
    removed_here,
)
from service.sync.markers import said_digest


def comment(id: str, text: str = "hi", **changes: Any) -> Comment:
    return Comment(id, plain(text), **changes)


def local(id: str, text: str = "hi", **changes: Any) -> CommentTrace:
    known = {"digest": comment_digest(Comment("", plain(text))), "version": 1}
    return CommentTrace("local", local_id=id, **(known | changes))


def remote(id: str, mirror: str, text: str = "hi", **changes: Any) -> CommentTrace:
    seen = comment_digest(Comment("", plain(text)))
    known = {"digest": seen, "held": seen, "version": 1}
    return CommentTrace("remote", local_id=mirror, remote_id=id, **(known | changes))


def waiting(*comments: tuple[str, int], removed: tuple[str, ...] = ()) -> Replica:
    return Replica(
        comments=tuple(ReplicaComment(id, plain("hi"), version=v) for id, v in comments),
        removed_comments=removed,
    )


def ids(comments: tuple[Comment, ...]) -> list[str]:
    return [c.id for c in comments]


# What the outgoing rule is shown


def test_the_rule_judges_new_and_changed_comments_only(make_twin) -> None:
    twin = make_twin(comments=(local("same"), local("edited"), remote("r", "mirror")))
    here = (comment("same"), comment("edited", "now"), comment("mirror", "x"), comment("new"))
    assert ids(news_for_rule(twin, here, "news")) == ["edited", "new"]


def test_an_equal_time_of_change_spares_the_comparison(make_twin) -> None:
    twin = make_twin(comments=(local("a", "old", updated=5), local("b", "old", updated=5)))
    here = (comment("a", "other", updated=5), comment("b", "other", updated=6))
    assert ids(news_for_rule(twin, here, "news")) == ["b"]


def test_an_edit_within_the_same_second_is_seen_where_times_are_in_seconds(make_twin) -> None:
    twin = make_twin(comments=(local("1", updated=5_000), local("2", updated=5_000)))
    seen = (comment("1", "edited", updated=5_000), comment("2", updated=5_000))
    assert ids(news_for_rule(twin, seen, "news")) == ["1"]


def test_a_new_rule_judges_again_what_the_older_kept_back(make_twin) -> None:
    twin = make_twin(comments=(local("sent"), local("kept", version=0)))
    here = (comment("sent"), comment("kept"))
    assert ids(news_for_rule(twin, here, "news")) == []
    assert ids(news_for_rule(twin, here, "kept_back")) == ["kept"]
    assert ids(news_for_rule(twin, here, "all")) == ["sent", "kept"]


def test_what_was_removed_is_judged_no_more(make_twin) -> None:
    twin = make_twin(comments=(local("a", removed=True),))
    assert news_for_rule(twin, (comment("a", "back?"),), "all") == ()


def test_what_passes_is_sent_and_what_is_kept_back_is_remembered(make_twin) -> None:
    twin = make_twin(version=4, comments=(remote("r", "m"), local("edited")))
    shown = (comment("edited", "now", updated=9), comment("internal"))
    twin, sent = note_local(twin, shown, (OutgoingComment("edited", plain("now")),))
    assert sent == ("edited",)
    traces = {t.local_id: t for t in twin.comments}
    assert (traces["edited"].version, traces["edited"].updated) == (5, 9)
    assert traces["internal"].version == 0
    assert traces["m"].origin == "remote"


def test_a_later_edit_that_the_rule_keeps_back_leaves_the_version_that_was_sent(make_twin) -> None:
    twin = make_twin(version=4, comments=(local("a", version=2),))
    twin, sent = note_local(twin, (comment("a", "secret"),), ())
    assert sent == ()
    assert twin.comments[0].version == 2


# Deletions


def test_absence_is_a_question_and_only_its_answer_a_deletion(make_twin) -> None:
    twin = make_twin(
        comments=(
            local("a"),
            local("kept", version=0),
            remote("r", "m"),
            local("old", removed=True),
        )
    )
    asked = missing_here(twin, (comment("other"),))
    assert [t.local_id for t in asked] == ["a", "kept", "m"]
    twin, told = note_missing(twin, frozenset({"a", "kept", "m"}))
    assert told == ("a",)
    assert all(t.removed for t in twin.comments)
    assert removed_here(twin) == ("a", "old")


def test_a_deletion_there_deletes_the_mirror_unless_a_person_wrote_into_it(make_twin) -> None:
    twin = make_twin(
        comments=(remote("1", "m1"), remote("2", "m2"), remote("3", "m3", removed=True)),
        replica=waiting(removed=("1", "2", "3", "unknown")),
    )
    here = (comment("m1"), comment("m2", "written into"))
    assert plan_comments(twin, (), here) == (DeleteComment("1", "m1"),)
    twin = note_deleted(twin, "1")
    assert plan_comments(twin, (), here) == ()


# Mirrors


def test_a_comment_from_there_is_added_once(make_twin) -> None:
    wish = WantedComment("1", plain("hi"))
    twin = make_twin(replica=waiting(("1", 3)), intents=(Intent("comment", "x", "1", 0),))
    assert plan_comments(twin, (wish,), ()) == (AddComment(wish, 3),)
    twin = note_mirrored(twin, wish, 3, comment("m"))
    assert twin.intents == ()
    assert plan_comments(twin, (wish,), (comment("m"),)) == ()


def test_a_wish_for_a_comment_that_does_not_wait_is_ignored(make_twin) -> None:
    assert plan_comments(make_twin(), (WantedComment("1", plain("hi")),), ()) == ()


def test_an_edit_there_edits_the_mirror(make_twin) -> None:
    wish = WantedComment("1", plain("now"))
    twin = make_twin(comments=(remote("1", "m"),), replica=waiting(("1", 2)))
    assert plan_comments(twin, (wish,), (comment("m"),)) == (EditComment(wish, 2, "m", None),)
    other = make_twin(
        comments=(remote("1", "m"), remote("2", "n")), intents=(Intent("issue", "y", "", 0),)
    )
    again = note_mirrored(other, wish, 2, comment("m", "now"))
    assert [(t.remote_id, t.version) for t in again.comments] == [("2", 1), ("1", 2)]
    assert len(again.intents) == 1


def test_the_text_that_a_person_here_put_into_the_mirror_is_kept(make_twin) -> None:
    wish = WantedComment("1", plain("now"))
    twin = make_twin(comments=(remote("1", "m"),), replica=waiting(("1", 2)))
    (write,) = plan_comments(twin, (wish,), (comment("m", "mine"),))
    assert write == EditComment(wish, 2, "m", plain("mine"))


def test_a_mirror_is_left_alone_when_there_is_nothing_new(make_twin) -> None:
    wish = WantedComment("1", plain("now"))
    mirrored = (comment("m"),)
    seen = make_twin(comments=(remote("1", "m", version=2),), replica=waiting(("1", 2)))
    assert plan_comments(seen, (wish,), mirrored) == ()
    unchanged = make_twin(comments=(remote("1", "m"),), replica=waiting(("1", 2)))
    assert plan_comments(unchanged, (WantedComment("1", plain("hi")),), mirrored) == ()


def test_a_mirror_that_a_person_deleted_does_not_come_back(make_twin) -> None:
    wish = WantedComment("1", plain("now"))
    removed = make_twin(comments=(remote("1", "m", removed=True),), replica=waiting(("1", 2)))
    assert plan_comments(removed, (wish,), ()) == ()
    absent = make_twin(comments=(remote("1", "m"),), replica=waiting(("1", 2)))
    assert plan_comments(absent, (wish,), ()) == ()


def test_the_mirror_of_an_interrupted_attempt_is_found_by_marker_else_by_words(make_twin) -> None:
    intent = Intent("comment", "mark", "1", 0, said_digest(Comment("", plain("hi"))))
    twin = make_twin(comments=(local("known"),))
    marked, worded = comment("b", "tidied", marker="mark"), comment("c", "hi")
    assert find_begun(twin, (worded, marked), intent) == marked
    assert find_begun(twin, (comment("known"), worded), intent) == worded
    foreign = comment("d", "hi", marker="other")
    assert find_begun(twin, (comment("known"), foreign, comment("e", "else")), intent) is None


def found(make_twin: Any, mirror: str, wanted: str, begun: str = "hi") -> tuple[bool, bool]:
    """Of a mirror that a crash left: whether an edit is still to be written, and what it costs."""
    intent = Intent("comment", "mark", "1", 0, said_digest(Comment("", plain(begun))))
    wish = WantedComment("1", plain(wanted))
    twin = make_twin(replica=waiting(("1", 3)))
    here = comment("m", mirror, marker="mark")
    twin = note_found(twin, wish, 3, here, intent)
    writes = plan_comments(twin, (wish,), (here,))
    lost = [w.lost for w in writes if isinstance(w, EditComment)]
    return bool(writes), lost == [plain(mirror)]


def test_a_found_mirror_that_is_up_to_date_is_left_alone(make_twin) -> None:
    assert found(make_twin, mirror="hi", wanted="hi") == (False, False)


def test_a_found_mirror_gets_the_edit_that_its_author_made_meanwhile(make_twin) -> None:
    assert found(make_twin, mirror="hi", wanted="edited") == (True, False)


def test_what_a_person_wrote_into_a_found_mirror_stays_until_the_author_edits(make_twin) -> None:
    assert found(make_twin, mirror="mine", wanted="hi") == (False, False)
    assert found(make_twin, mirror="mine", wanted="edited") == (True, True)


# Records of time


def test_other_hours_are_news_though_the_words_are_the_same(make_twin) -> None:
    before, after = comment("1", work=Work(60, 5)), comment("1", work=Work(120, 5))
    twin, _ = note_local(make_twin(), (before,), (OutgoingComment("1", before.body),))
    assert news_for_rule(twin, (before,), "news") == ()
    assert news_for_rule(twin, (after,), "news") == (after,)


def test_other_hours_are_written_to_the_mirror(make_twin) -> None:
    seen = Comment("m", plain("hi"), work=Work(60, 5))
    mirrored = note_mirrored(
        make_twin(replica=waiting(("1", 1))), WantedComment("1", seen.body, work=seen.work), 1, seen
    )
    twin = msgspec.structs.replace(mirrored, replica=waiting(("1", 2)))
    wish = WantedComment("1", plain("hi"), work=Work(120, 5))
    assert plan_comments(twin, (wish,), (seen,)) == (EditComment(wish, 2, "m", None),)
