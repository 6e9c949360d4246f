"""Attachments never change: they come and go."""

from schemas.issue import Attachment
from schemas.replica import Replica, ReplicaAttachment
from schemas.twin import AttachmentTrace, Intent
from service.sync.attachments import (
    AddAttachment,
    DeleteAttachment,
    find_begun_file,
    missing_files,
    new_here,
    note_deleted_file,
    note_local_files,
    note_mirrored_file,
    note_missing_files,
    plan_attachments,
    removed_files_here,
)
from service.sync.markers import attachment_intent


def file(id: str, name: str = "a.txt", size: int = 3) -> Attachment:
    return Attachment(id, name, size)


def offered(id: str, name: str = "a.txt", size: int = 3) -> ReplicaAttachment:
    return ReplicaAttachment(id, name, size)


SENT = AttachmentTrace("local", "sent", version=1)
KEPT = AttachmentTrace("local", "kept", version=0)
GONE = AttachmentTrace("local", "gone", version=1, removed=True)
MIRROR = AttachmentTrace("remote", "mirror", "r")
FILES = (file("sent"), file("kept"), file("gone"), file("mirror"), file("new"))


def test_the_rule_judges_what_it_has_not_judged(make_twin) -> None:
    twin = make_twin(attachments=(SENT, KEPT, GONE, MIRROR))
    assert [f.id for f in new_here(twin, FILES, "news")] == ["new"]
    assert [f.id for f in new_here(twin, FILES, "kept_back")] == ["kept", "new"]
    assert [f.id for f in new_here(twin, FILES, "all")] == ["sent", "kept", "new"]


def test_what_passes_is_sent_and_the_rest_remembered(make_twin) -> None:
    twin = make_twin(version=6, attachments=(KEPT, MIRROR, AttachmentTrace("remote", "", "x")))
    twin, sent = note_local_files(twin, (file("kept"), file("new")), ("new", "never shown"))
    assert sent == ("new",)
    versions = {t.local_id: t.version for t in twin.attachments}
    assert versions == {"mirror": 0, "": 0, "kept": 0, "new": 7}


def test_absence_is_a_question_and_only_its_answer_a_deletion(make_twin) -> None:
    twin = make_twin(attachments=(SENT, KEPT, GONE, MIRROR))
    assert [t.local_id for t in missing_files(twin, ())] == ["sent", "kept", "mirror"]
    twin, told = note_missing_files(twin, frozenset({"sent", "mirror"}))
    assert told == ("sent",)
    assert [t.local_id for t in twin.attachments if t.removed] == ["sent", "gone", "mirror"]
    assert removed_files_here(twin) == ("sent", "gone")


def test_files_are_added_once_and_deleted_once(make_twin) -> None:
    replica = Replica(
        attachments=(offered("r"), offered("n"), offered("unwanted"), offered("d")),
        removed_attachments=("r", "d", "unknown"),
    )
    twin = make_twin(attachments=(MIRROR,), replica=replica)
    assert plan_attachments(twin, ("r", "n", "d")) == (
        AddAttachment(offered("n")),
        DeleteAttachment("r", "mirror"),
    )
    twin = note_deleted_file(note_mirrored_file(twin, "n", file("m2")), "r")
    assert plan_attachments(twin, ("r", "n", "d")) == ()


def test_a_mirror_settles_its_own_intent_only(make_twin) -> None:
    intents = (Intent("attachment", "1", "n", 0), Intent("attachment", "2", "o", 0))
    twin = note_mirrored_file(make_twin(intents=intents), "n", file("m"))
    assert twin.intents == intents[1:]


def test_the_mirror_of_an_interrupted_attempt_has_its_name_and_size(make_twin) -> None:
    twin = make_twin(attachments=(MIRROR,))
    here = (file("mirror"), file("x", size=4), file("y", "b.txt"), file("z"))
    intent = attachment_intent("t", "c", offered("n"), 1)
    assert find_begun_file(twin, here, intent) == file("z")
    assert find_begun_file(twin, here[:3], intent) is None
