"""A mirror that was written just before a crash is taken up, and what came after is not lost."""

import msgspec
import pytest

from schemas.issue import Comment
from schemas.replica import Replica, ReplicaComment
from schemas.rich_text import plain
from schemas.rules import WantedComment
from schemas.twin import Twin
from service.sync.comments import EditComment, note_found, plan_comments
from service.sync.markers import comment_intent

BEGUN = plain("as it was when the node died")
CORRECTED = plain("as its author corrected it since")
TOUCHED = plain("as a person here left the mirror")


def after_the_crash(author, mirror, *, version=5):
    """The twin once the mirror was found, and the writes that follow for the newest replica."""
    wanted = WantedComment("77", author)
    waiting = (ReplicaComment("77", author, version=version),)
    twin = Twin("t", "c", replica=Replica(comments=waiting), replica_version=version)
    intent = comment_intent("t", "shared", WantedComment("77", BEGUN), 0)
    found = Comment("9", mirror)
    twin = note_found(
        msgspec.structs.replace(twin, intents=(intent,)), wanted, version, found, intent
    )
    assert twin.intents == ()
    return twin, plan_comments(twin, (wanted,), (found,))


def test_a_mirror_that_is_as_wanted_needs_nothing():
    twin, writes = after_the_crash(BEGUN, BEGUN)
    assert writes == ()
    assert [(t.local_id, t.remote_id, t.version) for t in twin.comments] == [("9", "77", 5)]


def test_what_the_author_corrected_meanwhile_is_written():
    _, writes = after_the_crash(CORRECTED, BEGUN)
    assert writes == (EditComment(WantedComment("77", CORRECTED), 5, "9", None),)


def test_a_mirror_that_a_person_edited_stays_until_its_author_edits():
    twin, writes = after_the_crash(BEGUN, TOUCHED)
    assert writes == ()

    later = WantedComment("77", CORRECTED)
    waiting = Replica(comments=(ReplicaComment("77", CORRECTED, version=6),))
    twin = msgspec.structs.replace(twin, replica=waiting, replica_version=6)
    writes = plan_comments(twin, (later,), (Comment("9", TOUCHED),))
    assert writes == (EditComment(later, 6, "9", TOUCHED),)


@pytest.mark.parametrize("author", [CORRECTED])
def test_both_edited_meanwhile_and_the_loser_is_kept(author):
    _, writes = after_the_crash(author, TOUCHED)
    assert writes == (EditComment(WantedComment("77", author), 5, "9", TOUCHED),)
