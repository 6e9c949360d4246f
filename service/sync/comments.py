"""Comments: each belongs to the side where it was written; edits and deletions travel from there.

A mirror that a person here edits stays as they left it until its author edits the original; then
the author's text is written and the other kept as a conflict. Deleting a mirror leaves the original
alone.
"""

from typing import Literal

import msgspec

from schemas.issue import Comment
from schemas.rich_text import RichText
from schemas.rules import OutgoingComment, WantedComment
from schemas.twin import CommentTrace, Intent, Twin
from schemas.values import Millis, digest
from service.sync.markers import Said, said_digest


class AddComment(msgspec.Struct, frozen=True, tag="add"):
    wanted: WantedComment
    version: int


class EditComment(msgspec.Struct, frozen=True, tag="edit"):
    wanted: WantedComment
    version: int
    local_id: str
    lost: RichText | None
    """The text a person here had put into the mirror, if so."""


class DeleteComment(msgspec.Struct, frozen=True, tag="delete"):
    remote_id: str
    local_id: str


CommentWrite = AddComment | EditComment | DeleteComment

SECOND: Millis = 1_000
Scope = Literal["news", "kept_back", "all"]
"""What the outgoing rule judges: only news, also what an older rule kept back, or everything."""


def comment_digest(comment: Said) -> str:
    return digest(OutgoingComment("", comment.body, comment.internal, comment.work))


def news_for_rule(twin: Twin, comments: tuple[Comment, ...], scope: Scope) -> tuple[Comment, ...]:
    """The local comments that the outgoing rule has to judge: new and changed ones."""
    traces = {trace.local_id: trace for trace in twin.comments if trace.local_id}
    return tuple(c for c in comments if _is_news(traces.get(c.id), c, scope))


def _is_news(trace: CommentTrace | None, comment: Comment, scope: Scope) -> bool:
    if trace is None:
        return True
    if trace.origin == "remote" or trace.removed:
        return False
    if scope == "all" or (scope == "kept_back" and trace.version == 0):
        return True
    # A time in whole seconds does not tell a second edit within the same second.
    if trace.updated == comment.updated and comment.updated % SECOND:
        return False
    return trace.digest != comment_digest(comment)


def note_local(
    twin: Twin, shown: tuple[Comment, ...], let_out: tuple[OutgoingComment, ...]
) -> tuple[Twin, tuple[str, ...]]:
    """Traces for the judged comments, and the ids of those that are to be sent."""
    passed = {comment.id for comment in let_out}
    traces = {trace.local_id: trace for trace in twin.comments if trace.origin == "local"}
    sent = []
    for comment in shown:
        known = traces.get(comment.id)
        version = known.version if known else 0
        if comment.id in passed:
            version = twin.version + 1
            sent.append(comment.id)
        traces[comment.id] = CommentTrace(
            origin="local",
            local_id=comment.id,
            digest=comment_digest(comment),
            version=version,
            updated=comment.updated,
        )
    remote = [trace for trace in twin.comments if trace.origin == "remote"]
    return msgspec.structs.replace(twin, comments=(*remote, *traces.values())), tuple(sent)


def missing_here(twin: Twin, comments: tuple[Comment, ...]) -> tuple[CommentTrace, ...]:
    """Traces whose local comment the complete list lacks: to be asked for one by one."""
    here = {comment.id for comment in comments}
    return tuple(
        t for t in twin.comments if t.local_id and not t.removed and t.local_id not in here
    )


def removed_here(twin: Twin) -> tuple[str, ...]:
    """Comments of ours that the other side was given, and that were deleted since."""
    return tuple(
        t.local_id for t in twin.comments if t.origin == "local" and t.version and t.removed
    )


def note_missing(twin: Twin, confirmed: frozenset[str]) -> tuple[Twin, tuple[str, ...]]:
    """Marks comments confirmed as deleted; gives the ids that the other side is told."""
    told = tuple(
        t.local_id
        for t in twin.comments
        if t.local_id in confirmed and t.origin == "local" and t.version
    )
    comments = tuple(
        msgspec.structs.replace(t, removed=True) if t.local_id in confirmed else t
        for t in twin.comments
    )
    return msgspec.structs.replace(twin, comments=comments), told


def plan_comments(
    twin: Twin, wanted: tuple[WantedComment, ...], comments: tuple[Comment, ...]
) -> tuple[CommentWrite, ...]:
    """What to write for the replica's waiting comments and deletions."""
    traces = {t.remote_id: t for t in twin.comments if t.origin == "remote"}
    here = {comment.id: comment for comment in comments}
    versions = {comment.id: comment.version for comment in twin.replica.comments}
    writes: list[CommentWrite] = []
    for wish in wanted:
        if wish.id not in versions:
            continue
        write = _plan_comment(traces.get(wish.id), wish, versions[wish.id], here)
        if write is not None:
            writes.append(write)
    for remote_id in twin.replica.removed_comments:
        trace = traces.get(remote_id)
        if trace is not None and not trace.removed and not _edited_here(trace, here):
            writes.append(DeleteComment(remote_id, trace.local_id))
    return tuple(writes)


def _plan_comment(
    trace: CommentTrace | None, wish: WantedComment, version: int, here: dict[str, Comment]
) -> CommentWrite | None:
    if trace is None:
        return AddComment(wish, version)
    mirror = here.get(trace.local_id)
    if trace.removed or mirror is None or version <= trace.version:
        return None
    if trace.digest == comment_digest(wish):
        return None
    lost = mirror.body if _edited_here(trace, here) else None
    return EditComment(wish, version, trace.local_id, lost)


def _edited_here(trace: CommentTrace, here: dict[str, Comment]) -> bool:
    mirror = here.get(trace.local_id)
    return mirror is not None and trace.held != comment_digest(mirror)


def note_mirrored(twin: Twin, wanted: WantedComment, version: int, mirror: Comment) -> Twin:
    """Remembers a mirror that was written, and takes the comment from those that wait."""
    trace = CommentTrace(
        origin="remote",
        local_id=mirror.id,
        remote_id=wanted.id,
        digest=comment_digest(wanted),
        held=comment_digest(mirror),
        version=version,
        updated=mirror.updated,
    )
    others = tuple(
        t for t in twin.comments if not (t.origin == "remote" and t.remote_id == wanted.id)
    )
    intents = tuple(
        i for i in twin.intents if not (i.kind == "comment" and i.remote_id == wanted.id)
    )
    return msgspec.structs.replace(twin, comments=(*others, trace), intents=intents)


def note_found(
    twin: Twin, wanted: WantedComment, version: int, mirror: Comment, intent: Intent
) -> Twin:
    """Remembers a mirror that an interrupted attempt left behind, as far as its past is known.

    The author may have edited the original since: then the mirror holds the text of then, and its
    edit is still to be written. A person may have edited the mirror: that is not ours to overwrite
    unseen.
    """
    twin = note_mirrored(twin, wanted, version, mirror)
    untouched = said_digest(mirror) == intent.words
    same_words = said_digest(wanted) == intent.words
    current = comment_digest(mirror) == comment_digest(wanted)
    *others, trace = twin.comments
    if not untouched:
        trace = msgspec.structs.replace(trace, held="")
    if not (current or (same_words and not untouched)):
        trace = msgspec.structs.replace(trace, digest="", version=0)
    return msgspec.structs.replace(twin, comments=(*others, trace))


def note_deleted(twin: Twin, remote_id: str) -> Twin:
    comments = tuple(
        msgspec.structs.replace(t, removed=True)
        if t.origin == "remote" and t.remote_id == remote_id
        else t
        for t in twin.comments
    )
    return msgspec.structs.replace(twin, comments=comments)


def find_begun(twin: Twin, comments: tuple[Comment, ...], intent: Intent) -> Comment | None:
    """The mirror that an interrupted attempt left behind: by its marker, else by its words."""
    traced = {trace.local_id for trace in twin.comments}
    fresh = [comment for comment in comments if comment.id not in traced]
    for comment in fresh:
        if comment.marker == intent.marker:
            return comment
    for comment in fresh:
        if not comment.marker and said_digest(comment) == intent.words:
            return comment
    return None
