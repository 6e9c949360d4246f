"""What of a message is news for the other side, for the ledger of what has left."""

from schemas.disclosure_api import Disclosure
from schemas.node import Connection
from schemas.replica import TwinMessage
from schemas.twin import Twin
from schemas.values import Digest, Millis, Value, digest
from service.rules.unmasking import is_masked
from service.sync.snapshots import snapshot


def left(
    before: Twin, message: TwinMessage, record: Connection, now: Millis
) -> tuple[Disclosure, ...]:
    """`before`: the twin as it was remembered ahead of this message."""
    replica = message.replica
    found: dict[str, str] = {}
    masked: set[str] = set()
    for name, value in replica.fields.items():
        kept = snapshot(value)
        if name not in before.sent or snapshot(before.sent[name]) != kept:
            found[name] = _mark(kept)
            if is_masked(value):
                masked.add(name)
    for comment in replica.comments:
        if not isinstance(comment.body, Digest) and comment.version == message.version:
            found[f"comment:{comment.id}"] = digest(comment.body)
            if is_masked(comment.body):
                masked.add(f"comment:{comment.id}")
    known = {trace.local_id for trace in before.attachments}
    for file in replica.attachments:
        if file.id not in known:
            found[f"attachment:{file.id}"] = digest(file)
    return tuple(
        Disclosure(
            now,
            message.twin,
            message.version,
            field,
            mark,
            masked=field in masked,
            connection=record.id,
            partner=record.peer,
        )
        for field, mark in found.items()
    )


def _mark(kept: Value) -> str:
    """Of a snapshot: large values are remembered as the digest that this would be."""
    return kept.sha256 if isinstance(kept, Digest) else digest(kept)
