"""Markers: what is put on a thing we create, so that it is found again after a crash.

They follow from what is mirrored, so that a repeated attempt carries the same one.
"""

import hashlib

from schemas.replica import ReplicaAttachment
from schemas.rich_text import RichText, to_plain
from schemas.twin import Intent
from schemas.values import Millis

_PREFIX = 8
UNDER_WAY: Millis = 10_000
"""For so long a call that was cut off may still be under way, or its result missing in an index."""


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


def comment_intent(
    twin: str, connection: str, remote_id: str, body: RichText, at: Millis
) -> Intent:
    mark = marker(twin, connection, "comment", remote_id)
    return Intent("comment", mark, remote_id, at, words_digest(body))


def may_be_under_way(intent: Intent, now: Millis) -> bool:
    """Not being found proves nothing yet."""
    return now < intent.at + UNDER_WAY


def words_digest(body: RichText) -> str:
    """The same for texts that differ in white space and markup only, as trackers tidy them."""
    return hashlib.sha256(" ".join(to_plain(body).split()).encode()).hexdigest()


def attachment_intent(twin: str, connection: str, file: ReplicaAttachment, at: Millis) -> Intent:
    mark = marker(twin, connection, "attachment", file.id)
    return Intent("attachment", mark, file.id, at, file_digest(file.filename, file.size))


def file_digest(filename: str, size: int) -> str:
    """Attachments carry no marker: these two must do."""
    return hashlib.sha256(f"{filename}\x1f{size}".encode()).hexdigest()
