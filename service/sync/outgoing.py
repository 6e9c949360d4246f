"""The second half of a reconcile: from what the tracker now holds to what is sent, if anything.

Only news travels with a new stamp: what a person here changed. What follows from the other side's
own edit (a value that was mapped, cut or tidied here) is remembered, and not sent back as a wish.
"""

import msgspec

from schemas.issue import Attachment, Comment, Issue
from schemas.replica import (
    ElementStamp,
    Replica,
    ReplicaAttachment,
    ReplicaComment,
    Stamp,
    TwinMessage,
)
from schemas.rules import Outgoing
from schemas.twin import Twin
from schemas.values import Fields, Value, condense
from service.sync.attachments import note_local_files
from service.sync.comments import note_local
from service.sync.decisions import told, untold
from service.sync.incoming import is_whole
from service.sync.intake import merge_messages
from service.sync.merge import FieldMerge, note_edits
from service.sync.snapshots import as_elements, same, snapshot, snapshots

_UNSENT = object()


class Judged(msgspec.Struct, frozen=True):
    """The local parts that the outgoing rule was shown."""

    comments: tuple[Comment, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Parts(msgspec.Struct, frozen=True):
    """Parts that leave with the next message."""

    comments: tuple[ReplicaComment, ...] = ()
    attachments: tuple[ReplicaAttachment, ...] = ()
    removed_comments: tuple[str, ...] = ()
    removed_attachments: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.comments or self.attachments or self.removed_comments or self.removed_attachments
        )


def note_local_edits(twin: Twin, issue: Issue) -> Twin:
    """For a reconcile without a new replica: what a person changed here is stamped."""
    edits = note_edits(twin, issue.fields, issue.updated, {})
    return msgspec.structs.replace(twin, issue=issue.ref, edits=edits)


def note_held(twin: Twin, issue: Issue) -> Twin:
    """Once the rules have spoken, what the tracker holds becomes our side of the base."""
    names = twin.base.held.keys() | twin.base.wanted.keys() | twin.sent.keys()
    held = {name: snapshot(issue.fields.get(name)) for name in sorted(names)}
    return msgspec.structs.replace(
        twin,
        local_version=issue.version,
        base=msgspec.structs.replace(twin.base, held=held),
    )


def news(
    twin: Twin, outgoing: Outgoing, before: Outgoing | None, merge: FieldMerge | None
) -> frozenset[str]:
    """The outgoing fields that a person here changed, or decided on, since the last message."""
    decided = merge.decided if merge else frozenset()
    return frozenset(
        name
        for name, value in outgoing.fields.items()
        if name in decided
        or (
            _changed(twin, name, value)
            and (name not in twin.adopted or _stands(twin, name, value, before, merge))
        )
    )


def _changed(twin: Twin, name: str, value: Value) -> bool:
    known = twin.sent.get(name, _UNSENT)
    return known is _UNSENT or known != snapshot(value)


def _stands(
    twin: Twin, name: str, value: Value, before: Outgoing | None, merge: FieldMerge | None
) -> bool:
    """Whether an adopted field carries a local edit that the other side must learn of."""
    if merge is None or not merge.standing:
        return False
    if name in merge.standing:
        if isinstance(value, tuple):
            return bool(_changed_here(twin, name, value, merge.taken.get(name, frozenset())))
        last = twin.stamps.get(name)
        unconfirmed = last is not None and last.version > twin.acknowledged
        return unconfirmed or not same(value, twin.replica.fields.get(name))
    if before is None or name in twin.base.held:
        return False
    earlier = before.fields.get(name)
    return _changed(twin, name, earlier) and same(value, earlier)


def note_judged(twin: Twin, judged: Judged, outgoing: Outgoing) -> tuple[Twin, Parts]:
    """Traces for the parts that the rule judged, and those of them that leave."""
    twin, comments = note_local(twin, judged.comments, outgoing.comments)
    twin, files = note_local_files(twin, judged.attachments, outgoing.attachments)
    bodies = {comment.id: comment for comment in outgoing.comments}
    version = twin.version + 1
    return twin, Parts(
        comments=tuple(
            ReplicaComment(
                id=c.id,
                body=bodies[c.id].body,
                author=c.author,
                created=c.created,
                version=version,
                internal=bodies[c.id].internal,
                work=bodies[c.id].work,
            )
            for c in judged.comments
            if c.id in comments
        ),
        attachments=tuple(
            ReplicaAttachment(f.id, f.filename, f.size, f.mime, f.author, f.created)
            for f in judged.attachments
            if f.id in files
        ),
    )


def compose(
    twin: Twin,
    issue: Issue,
    outgoing: Outgoing,
    fresh: frozenset[str],
    parts: Parts,
    *,
    taken: dict[str, frozenset[str]],
    waiting: TwinMessage | None,
    allowed: frozenset[str],
) -> tuple[Twin, TwinMessage | None]:
    """The message to send, if any. `waiting` is the one that is still in the outbox, `taken` the
    set elements that this reconcile took over from the other side."""
    twin = msgspec.structs.replace(twin, stamps=_agreed(twin.stamps, taken))
    first = twin.version == 0
    speaks = bool(fresh or parts or first or twin.resend or twin.lacking or untold(twin))
    known = twin.sent
    sent = {**twin.sent, **snapshots(outgoing.fields)}
    if not speaks:
        return msgspec.structs.replace(twin, sent=sent, adopted=()), None
    version = twin.version + 1
    twin = told(twin, version)
    stamps = {
        **twin.stamps,
        **{name: _stamp(twin, issue, outgoing, name, taken) for name in sorted(fresh)},
    }
    replica = Replica(
        fields=outgoing.fields if twin.resend else _condensed(outgoing.fields, known),
        stamps={name: stamps[name] for name in outgoing.fields if name in stamps},
        comments=parts.comments,
        attachments=parts.attachments,
        removed_comments=parts.removed_comments,
        removed_attachments=parts.removed_attachments,
        key=issue.ref.key if "key" in allowed else "",
        url=issue.ref.url if "url" in allowed else "",
    )
    message = TwinMessage(
        twin=twin.id,
        issue=issue.ref.id,
        version=version,
        have=twin.included,
        replica=replica,
        # What was asked for may be lost along with the message that is sent again.
        lacking=twin.lacking or (twin.resend and not is_whole(twin)),
        whole=twin.resend,
        yours=twin.remote_issue if twin.resend else "",
        decided=twin.decisions,
    )
    spoken = msgspec.structs.replace(
        twin,
        version=version,
        sent=sent,
        stamps=stamps,
        edits=_recalled(twin, stamps, fresh),
        adopted=(),
        resend=False,
        lacking=False,
    )
    return spoken, merge_messages(waiting, message)


def _recalled(twin: Twin, stamps: dict[str, Stamp], fresh: frozenset[str]) -> dict[str, Stamp]:
    """What a side that forgot its past finds changed here is an edit, though nobody knows when it
    was made: it must not be overwritten unseen."""
    if not twin.recalls:
        return twin.edits
    seen = twin.acknowledged
    return twin.edits | {
        name: Stamp(stamps[name].version, stamps[name].at)
        for name in sorted(fresh)
        if name not in twin.edits or twin.edits[name].version <= seen
    }


def _agreed(stamps: dict[str, Stamp], taken: dict[str, frozenset[str]]) -> dict[str, Stamp]:
    """An element that the other side changed as well is its word now, and our change is history."""
    if not any(name in stamps for name in taken):
        return stamps
    agreed = dict(stamps)
    for name in taken.keys() & stamps.keys():
        left = {e: s for e, s in stamps[name].elements.items() if e not in taken[name]}
        agreed[name] = msgspec.structs.replace(stamps[name], elements=left)
    return agreed


def _stamp(
    twin: Twin, issue: Issue, outgoing: Outgoing, name: str, taken: dict[str, frozenset[str]]
) -> Stamp:
    version = twin.version + 1
    edit = twin.edits.get(name)
    at = edit.at if edit is not None and edit.version == version else issue.updated
    known = twin.stamps.get(name, Stamp(0, 0))
    elements = _elements(twin, known, name, outgoing.fields[name], taken.get(name, frozenset()))
    if known.version > twin.acknowledged:
        return Stamp(version, at, known.since, known.before, elements)
    return Stamp(version, at, version, twin.sent.get(name), elements)


def _elements(
    twin: Twin, known: Stamp, name: str, value: Value, taken: frozenset[str]
) -> dict[str, ElementStamp]:
    """Of a set: what people here changed, apart from what was taken over."""
    sent = as_elements(twin.sent.get(name))
    version = twin.version + 1
    stamps = {e: s for e, s in known.elements.items() if s.version > twin.acknowledged}
    for element in _changed_here(twin, name, value, taken):
        earlier = stamps.get(element) or ElementStamp(version, version, element in sent)
        stamps[element] = msgspec.structs.replace(earlier, version=version)
    return stamps


def _changed_here(twin: Twin, name: str, value: Value, taken: frozenset[str]) -> list[str]:
    sent = set(as_elements(twin.sent.get(name)))
    return sorted((sent ^ set(as_elements(value))) - taken)


def _condensed(fields: Fields, known: Fields) -> Fields:
    """Large values that the other side already has travel as their digest."""
    return {
        name: snap if (snap := condense(value)) == known.get(name) else value
        for name, value in fields.items()
    }


def compose_lacking(twin: Twin) -> tuple[Twin, TwinMessage]:
    """Asks for everything whole, or tells that there is nothing yet to be told.

    Its version is used up: the other side takes each only once. The first message about the issue
    is still to come, and so is promised.
    """
    version = twin.version + 1
    asks = twin.lacking or twin.recalls == "asks"
    message = TwinMessage(
        twin.id, "", version, twin.included, Replica(), lacking=asks, whole=not asks
    )
    return msgspec.structs.replace(twin, version=version, resend=True), message


def compose_gone(twin: Twin, *, key: str) -> tuple[Twin, TwinMessage]:
    """The local issue was deleted: the other side is told, and nothing is done to its issue."""
    version = twin.version + 1
    message = TwinMessage(
        twin=twin.id,
        issue=twin.issue.id if twin.issue else "",
        version=version,
        have=twin.included,
        replica=Replica(key=key, gone=True),
    )
    return msgspec.structs.replace(twin, version=version, gone=True, resend=False), message
