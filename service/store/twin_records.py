"""What the store tells about twins, and how their state is kept."""

import msgspec

from schemas.errors import InputError
from schemas.replica import TwinMessage
from schemas.twin import Twin
from schemas.values import Millis


class TwinKey(msgspec.Struct, frozen=True, order=True):
    connection: str
    twin: str


class FoundTwin(msgspec.Struct, frozen=True):
    """A twin of an issue that was asked for."""

    connection: str
    twin: str
    issue_id: str
    issue_key: str
    parked: bool
    stopped: bool


class TwinRow(msgspec.Struct, frozen=True):
    connection: str
    twin: str
    connector: str
    lease_owner: str
    """'' when nobody holds it."""
    lease_until: Millis
    fence: int
    dirty: bool
    due_at: Millis | None
    attempts: int
    reconciled_at: Millis
    """0 when it never was."""
    parked: bool
    stopped: bool
    created: Millis
    incoming_version: int
    """The newest version of the other side that was ever stored."""
    state: Twin
    incoming: TwinMessage | None


def searched(twin: Twin) -> dict[str, object]:
    """The columns of a state by which twins are searched."""
    issue, replica = twin.issue, twin.replica
    lacks = issue is None and twin.replica_version > twin.included
    return {
        "issue_id": None if issue is None else issue.id,
        "issue_key": None if issue is None else issue.key,
        "remote_id": twin.remote_issue or None,
        "remote_key": replica.key or None,
        # Its parent is not here yet, or contents are on their way.
        "unsettled": lacks or bool(replica.attachments),
        "stopped": twin.stopped,
    }


class Claim(msgspec.Struct, frozen=True):
    """A lease on a twin, with what the holder needs to reconcile it."""

    connection: str
    twin: str
    connector: str
    owner: str
    fence: int
    """Rises with each claim; a holder with an older one writes nothing any more."""
    until: Millis
    state: Twin
    incoming: TwinMessage | None
    attempts: int
    reconciled_at: Millis
    due_at: Millis | None
    parked: bool = False


class Busy(msgspec.Struct, frozen=True):
    """Somebody else holds the lease, or the twin is parked. Marked dirty: the ring is not lost."""

    until: Millis
    parked: bool


decode_message = msgspec.msgpack.Decoder(TwinMessage).decode
decode_state = msgspec.msgpack.Decoder(Twin).decode

_encode = msgspec.msgpack.Encoder().encode


def encode(record: Twin | TwinMessage) -> bytes:
    """Raises `InputError` for a number beyond 64 bits or a broken character."""
    try:
        return _encode(record)
    except (OverflowError, UnicodeEncodeError) as error:
        raise InputError(
            f"A value of twin {_name(record)} cannot be kept: {_reason(error)}.",
            remedy="Correct the field in the tracker or the rule that sets it, then retry.",
        ) from error


def _name(record: Twin | TwinMessage) -> str:
    return record.id if isinstance(record, Twin) else record.twin


def _reason(error: OverflowError | UnicodeEncodeError) -> str:
    if isinstance(error, OverflowError):
        return "a number has more than 64 bits"
    return "a text is not valid Unicode"
