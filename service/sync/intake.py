"""Taking a received message in: newest wins, and content that was sent before is found again."""

import msgspec

from schemas.replica import Replica, TwinMessage
from schemas.twin import Recall, Twin
from schemas.values import Digest, Fields, condense
from service.sync.decisions import hear_decisions
from service.sync.turns import heed_turn


def merge_messages(waiting: TwinMessage | None, new: TwinMessage) -> TwinMessage:
    """The newer replica replaces the older, but keeps what only the older carried whole."""
    if waiting is None:
        return new
    if new.version < waiting.version:
        waiting, new = new, waiting
    return msgspec.structs.replace(
        new,
        replica=_merge_replicas(waiting.replica, new.replica),
        lacking=new.lacking or waiting.lacking,
        whole=new.whole or waiting.whole,
        decided=(*(d for d in waiting.decided if d not in new.decided), *new.decided),
        turn=max(new.turn, waiting.turn),
    )


def take_in(twin: Twin, message: TwinMessage) -> Twin:
    """The twin with the message as its newest replica. An old message changes nothing."""
    twin = heed_turn(twin, message)
    if message.version <= twin.replica_version or not message.issue:
        return _heed_lack(_nothing_told(twin, message), message)
    replica = _merge_replicas(twin.replica, message.replica)
    lacking = any(isinstance(value, Digest) for value in replica.fields.values())
    return _heed_lack(
        msgspec.structs.replace(
            twin,
            remote_issue=message.issue,
            replica=replica,
            replica_version=message.version,
            acknowledged=max(twin.acknowledged, message.have),
            heard=hear_decisions(twin, message.decided),
            lacking=lacking,
            path=twin.path if twin.issue else _path(message),
            recalls=_recall(twin, message),
            recalled=twin.recalled if twin.issue else message.yours,
        ),
        message,
    )


def _path(message: TwinMessage) -> tuple[str, ...]:
    """Of an issue of ours that went to the other side, without the way there and back."""
    return message.path[:-2] if message.yours else message.path


def _recall(twin: Twin, message: TwinMessage) -> Recall:
    if message.whole and (twin.issue is None or twin.recalls == "asks"):
        return "told"
    return twin.recalls


def _nothing_told(twin: Twin, message: TwinMessage) -> Twin:
    """The other side has nothing of which it could remind us."""
    if twin.recalls != "asks" or message.issue or not message.whole:
        return twin
    return msgspec.structs.replace(twin, recalls="told")


def _heed_lack(twin: Twin, message: TwinMessage) -> Twin:
    """The other side misses content: forget that it had confirmed anything."""
    if not message.lacking:
        return twin
    return msgspec.structs.replace(twin, resend=True)


def _merge_replicas(old: Replica, new: Replica) -> Replica:
    newer_comments = {comment.id for comment in new.comments} | set(new.removed_comments)
    newer_files = {file.id for file in new.attachments} | set(new.removed_attachments)
    return msgspec.structs.replace(
        new,
        fields=_fill_in(old.fields, new.fields),
        comments=(
            *(comment for comment in old.comments if comment.id not in newer_comments),
            *new.comments,
        ),
        attachments=(
            *(file for file in old.attachments if file.id not in newer_files),
            *new.attachments,
        ),
        removed_comments=_union(old.removed_comments, new.removed_comments),
        removed_attachments=_union(old.removed_attachments, new.removed_attachments),
    )


def _fill_in(old: Fields, new: Fields) -> Fields:
    """Digests are replaced by the values they stand for, as far as we hold them."""
    if not any(isinstance(value, Digest) for value in new.values()):
        return new
    filled = dict(new)
    for name, value in new.items():
        if isinstance(value, Digest) and condense(known := old.get(name)) == value:
            filled[name] = known
    return filled


def _union(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return (*old, *(item for item in new if item not in old))
