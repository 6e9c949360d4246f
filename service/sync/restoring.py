"""After a restore from a backup: what this side forgot is found again, and nothing is doubled."""

import msgspec

from schemas.issue import Attachment, Comment
from schemas.rules import WantedComment
from schemas.twin import Recall, Twin
from service.sync.attachments import find_begun_file, note_mirrored_file
from service.sync.comments import find_begun, note_found
from service.sync.markers import attachment_intent, comment_intent, said_digest


def risen(twin: Twin, floor: int, forgot: int) -> Twin:
    """The twin above all versions that were said before either side was restored; it says
    everything whole. `forgot` is the floor of this side's own restore: 0 when it had none."""
    if twin.version >= floor:
        return twin
    recalls: Recall = "asks" if twin.version < forgot else twin.recalls
    if recalls == "asks" and forgot < floor:
        # The other side was restored since, and asks: of two that ask, one has to speak.
        recalls = "told"
    # What was said and not confirmed may bear versions that were used before: it is news again.
    sent = {name: value for name, value in twin.sent.items() if not _unconfirmed(twin, name)}
    return msgspec.structs.replace(
        twin, version=floor, resend=True, recalls=recalls, sent=sent, texts={}
    )


def _unconfirmed(twin: Twin, name: str) -> bool:
    stamp = twin.stamps.get(name)
    return stamp is not None and stamp.version > twin.acknowledged


def found_again(twin: Twin) -> Twin:
    """A mirror that was found by its marker holds what the other side had sent, as far as we know:
    nothing of it is news."""
    return msgspec.structs.replace(twin, adopted=tuple(sorted(twin.replica.fields)), mirror=True)


def was_heard_before(twin: Twin) -> bool:
    """Of a twin without an issue: the other side has spoken of it more than once, or this side was
    restored since, so there may be a mirror which this side forgot."""
    return bool(twin.recalls) or twin.replica_version > 1 or twin.acknowledged > 0


def recall_comments(
    twin: Twin,
    wanted: tuple[WantedComment, ...],
    comments: tuple[Comment, ...],
    connection: str,
) -> Twin:
    """Mirrors without a trace are taken up: by their marker, or by their words. `connection` is
    the shared id."""
    traced = {trace.remote_id for trace in twin.comments if trace.origin == "remote"}
    versions = {comment.id: comment.version for comment in twin.replica.comments}
    for wish in wanted:
        if wish.id in traced or wish.id not in versions:
            continue
        intent = comment_intent(twin.id, connection, wish, 0)
        mirror = find_begun(_without_local(twin), comments, intent)
        if mirror is not None:
            if said_digest(mirror) != intent.words:
                # What it said first is forgotten: it gets the author's text, and its own is kept.
                intent = msgspec.structs.replace(intent, words="")
            others = tuple(t for t in twin.comments if t.local_id != mirror.id)
            twin = msgspec.structs.replace(twin, comments=others)
            twin = note_found(twin, wish, versions[wish.id], mirror, intent)
    return twin


def recall_files(twin: Twin, files: tuple[Attachment, ...], connection: str) -> Twin:
    """The same for attachments, by their name and size."""
    traced = {trace.remote_id for trace in twin.attachments if trace.origin == "remote"}
    for file in twin.replica.attachments:
        if file.id in traced:
            continue
        remote = tuple(trace for trace in twin.attachments if trace.origin == "remote")
        mirrored = msgspec.structs.replace(twin, attachments=remote)
        intent = attachment_intent(twin.id, connection, file, 0)
        mirror = find_begun_file(mirrored, files, intent)
        if mirror is not None:
            others = tuple(t for t in twin.attachments if t.local_id != mirror.id)
            twin = msgspec.structs.replace(twin, attachments=others)
            twin = note_mirrored_file(twin, file.id, mirror)
    return twin


def _without_local(twin: Twin) -> Twin:
    """A mirror that was forgotten may have been taken for a person's comment since."""
    remote = tuple(trace for trace in twin.comments if trace.origin == "remote")
    return msgspec.structs.replace(twin, comments=remote)
