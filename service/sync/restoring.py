"""After a restore from a backup: what this side forgot is found again, and nothing is doubled."""

import msgspec

from schemas.issue import Attachment, Comment
from schemas.replica import ElementStamp, Stamp
from schemas.rules import WantedComment
from schemas.twin import CommentTrace, Recall, Twin
from schemas.values import as_set
from service.sync.attachments import find_begun_file, note_mirrored_file
from service.sync.comments import comment_digest, find_begun, note_found
from service.sync.incoming import changed_fields
from service.sync.markers import attachment_intent, comment_intent, marker, said_digest
from service.sync.snapshots import as_elements, same, snapshot


def risen(twin: Twin, floor: int, forgot: int) -> Twin:
    """The twin above all versions that were said before either side was restored; it says
    everything whole. `forgot` is the floor of this side's own restore: 0 when it had none."""
    if twin.version >= floor:
        return twin
    recalls: Recall = "asks" if twin.version < forgot else twin.recalls
    if recalls == "asks" and forgot < floor:
        # The other side was restored since, and asks: of two that ask, one has to speak.
        recalls = "told"
    # What was said and not confirmed may bear versions that were used before: it gets one of which
    # the other side has certainly not heard.
    confirmed = twin.acknowledged
    return msgspec.structs.replace(
        twin,
        version=floor,
        resend=True,
        recalls=recalls,
        stamps={name: _raised(stamp, confirmed, floor) for name, stamp in twin.stamps.items()},
        edits={name: _raised(stamp, confirmed, floor) for name, stamp in twin.edits.items()},
        decisions=tuple(
            msgspec.structs.replace(each, version=0) if each.version > confirmed else each
            for each in twin.decisions
        ),
        texts={},
    )


def _raised(stamp: Stamp, confirmed: int, floor: int) -> Stamp:
    """What was before is told by nobody: the other side may have seen some of it, or something else
    under the same versions."""
    if stamp.version <= confirmed:
        return stamp
    elements = {
        name: ElementStamp(floor, floor, None) if change.version > confirmed else change
        for name, change in stamp.elements.items()
    }
    return Stamp(floor, stamp.at, floor, None, elements)


def note_forgotten(twin: Twin) -> Twin:
    """What the other side holds other than we remember, and nobody there has changed, it had from
    an edit here that this side forgot: what is here now is news, of a set what differs."""
    changed, last = changed_fields(twin), twin.base.replica
    sent = dict(twin.sent)
    for name, value in twin.replica.fields.items():
        if name in last and same(last[name], value):
            continue
        if isinstance(value, tuple):
            theirs = _changed_there(twin, name)
            own = set(as_elements(sent.get(name))) & theirs
            sent[name] = snapshot(as_set((set(value) - theirs) | own))
        elif name not in changed:
            # In the words of the other side it would be no value of ours.
            sent.pop(name, None)
    return msgspec.structs.replace(twin, sent=sent)


def _changed_there(twin: Twin, name: str) -> set[str]:
    stamp = twin.replica.stamps.get(name, Stamp(0, 0))
    return {e for e, change in stamp.elements.items() if change.version > twin.included}


def found_again(twin: Twin) -> Twin:
    """A mirror that was found by its marker holds what people there had set, as far as we know:
    nothing of that is news. What none of them set had come from here, and may have changed."""
    return msgspec.structs.replace(twin, adopted=tuple(sorted(changed_fields(twin))), mirror=True)


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
    return _recall_deleted(twin, comments, connection)


def _recall_deleted(twin: Twin, comments: tuple[Comment, ...], connection: str) -> Twin:
    """The mirror of a comment that was deleted there meanwhile is not taken for a person's. Of one
    that was edited here since, nobody knows by whom: it stays."""
    remote = [trace for trace in twin.comments if trace.origin == "remote"]
    known = {trace.remote_id for trace in remote}
    known |= {intent.remote_id for intent in twin.intents if intent.kind == "comment"}
    marks = {
        marker(twin.id, connection, "comment", id): id
        for id in twin.replica.removed_comments
        if id not in known
    }
    traced = {trace.local_id for trace in remote}
    forgotten = {
        mirror.id: CommentTrace(
            origin="remote",
            local_id=mirror.id,
            remote_id=marks[mirror.marker],
            held=comment_digest(mirror) if 0 < mirror.updated <= mirror.created else "",
            updated=mirror.updated,
        )
        for mirror in comments
        if mirror.marker in marks and mirror.id not in traced
    }
    others = (trace for trace in twin.comments if trace.local_id not in forgotten)
    return msgspec.structs.replace(twin, comments=(*others, *forgotten.values()))


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
