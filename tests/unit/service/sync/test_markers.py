"""How a thing that we created is found again."""

from schemas.issue import Comment
from schemas.replica import ReplicaAttachment
from schemas.rich_text import Paragraph, RichText, Text, plain
from schemas.rules import WantedComment
from schemas.values import Work
from service.sync.markers import (
    UNDER_WAY,
    attachment_intent,
    comment_intent,
    issue_intent,
    made_by,
    may_be_under_way,
    said_digest,
)

FILE = ReplicaAttachment("7", "a.txt", 3)


def test_a_repeated_attempt_carries_the_same_marker() -> None:
    assert issue_intent("t", "c", 1).marker == issue_intent("t", "c", 2).marker
    first = attachment_intent("t", "c", FILE, 1)
    assert first.marker == attachment_intent("t", "c", FILE, 9).marker
    assert (first.kind, first.remote_id, first.at) == ("attachment", "7", 1)


def test_different_things_have_different_markers() -> None:
    markers = {
        issue_intent("t", "c", 1).marker,
        issue_intent("u", "c", 1).marker,
        issue_intent("t", "d", 1).marker,
        comment_intent("t", "c", WantedComment("7", plain("x")), 1).marker,
        comment_intent("t", "c", WantedComment("8", plain("x")), 1).marker,
        attachment_intent("t", "c", FILE, 1).marker,
    }
    assert len(markers) == 6
    assert all(len(each) == 32 for each in markers)


def test_a_mirror_is_known_by_its_connection_from_either_end() -> None:
    marker = issue_intent("t", "c", 1).marker
    assert made_by(marker, "c")
    assert not made_by(marker, "d")
    assert not made_by("", "c")


def test_words_are_recognized_whatever_the_tracker_makes_of_space_and_print() -> None:
    written = RichText((Paragraph((Text("two  ", ("strong",)), Text("words\n"))),))
    assert said_digest(Comment("1", written)) == said_digest(Comment("2", plain("two words")))
    assert said_digest(Comment("1", written)) != said_digest(Comment("2", plain("two swords")))


def test_a_create_that_was_begun_just_now_may_still_arrive() -> None:
    intent = issue_intent("t", "c", 1_000)

    assert may_be_under_way(intent, 1_000 + UNDER_WAY - 1)
    assert not may_be_under_way(intent, 1_000 + UNDER_WAY)


def test_records_of_time_are_told_apart_though_their_words_are_alike() -> None:
    def record(seconds: int, started: int) -> Comment:
        return Comment("1", plain(""), work=Work(seconds, started))

    day = 20_000 * 86_400_000
    assert said_digest(record(3600, day)) == said_digest(record(3630, day + 60_000))
    assert said_digest(record(3600, day)) != said_digest(record(7200, day))
    assert said_digest(record(3600, day)) != said_digest(record(3600, day - 1))
    assert said_digest(record(3600, day)) != said_digest(Comment("1", plain("")))
