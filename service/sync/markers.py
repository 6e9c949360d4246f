"""Markers: what is put on a thing we create, so that it is found again after a crash.

They follow from what is mirrored, so that a repeated attempt carries the same one.
"""

import hashlib
from typing import Protocol

from schemas.replica import ReplicaAttachment
from schemas.rich_text import RichText, to_plain
from schemas.rules import WantedComment
from schemas.twin import Intent
from schemas.values import Millis, Work

_PREFIX = 8
_DAY: Millis = 86_400_000
UNDER_WAY: Millis = 10_000
"""For so long a call that was cut off may still be under way, or its result missing in an index."""


class Said(Protocol):
    """A comment, from whichever side."""

    @property
    def body(self) -> RichText: ...
    @property
    def internal(self) -> bool: ...
    @property
    def work(self) -> Work | None: ...


def marker(twin: str, connection: str, kind: str, remote_id: str) -> str:
    """`connection` is the shared id."""
    seed = "\x1f".join((twin, connection, kind, remote_id))
    return _prefix(connection) + hashlib.sha256(seed.encode()).hexdigest()[: 32 - _PREFIX]


def made_by(mark: str, connection: str) -> bool:
    """Whether an issue with this marker is a mirror of this connection, from either end."""
    return bool(mark) and mark.startswith(_prefix(connection))


def _prefix(connection: str) -> str:
    return hashlib.sha256(connection.encode()).hexdigest()[:_PREFIX]


def issue_intent(twin: str, connection: str, at: Millis) -> Intent:
    return Intent("issue", marker(twin, connection, "issue", ""), "", at)


def comment_intent(twin: str, connection: str, wanted: WantedComment, at: Millis) -> Intent:
    mark = marker(twin, connection, "comment", wanted.id)
    return Intent("comment", mark, wanted.id, at, said_digest(wanted))


def may_be_under_way(intent: Intent, now: Millis) -> bool:
    """Not being found proves nothing yet."""
    return now < intent.at + UNDER_WAY


def said_digest(comment: Said) -> str:
    """The same for texts that differ in white space and markup only, as trackers tidy them, and
    for records of time that differ within a minute or a day."""
    words = " ".join(to_plain(comment.body).split())
    if comment.work is not None:
        words += f"\x1f{comment.work.seconds // 60}\x1f{comment.work.started // _DAY}"
    return hashlib.sha256(words.encode()).hexdigest()


def attachment_intent(twin: str, connection: str, file: ReplicaAttachment, at: Millis) -> Intent:
    mark = marker(twin, connection, "attachment", file.id)
    return Intent("attachment", mark, file.id, at, file_digest(file.filename, file.size))


def file_digest(filename: str, size: int) -> str:
    """Attachments carry no marker: these two must do."""
    return hashlib.sha256(f"{filename}\x1f{size}".encode()).hexdigest()
