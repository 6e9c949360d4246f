"""Stopping a twin and letting it go on: both sides come to the same, whoever does what when.

A turn is a number that only rises, by one with each stop and each start. An odd one stands for
stopped, so two sides that do the same at once have the same turn, and the higher turn is the later
word. Nothing that was said before a stop is relied on after it: both sides say everything whole.
"""

from typing import Literal

import msgspec

from schemas.replica import Replica, TwinMessage
from schemas.twin import Twin

MAX_REASON = 1_000
_MAX_TURN = 1 << 53


def is_stop(turn: int) -> bool:
    return turn % 2 == 1


def stop(twin: Twin, reason: str) -> tuple[Twin, TwinMessage]:
    """Of a twin that is under sync, with what the other side is to be told."""
    turn = twin.turn if is_stop(twin.turn) else twin.turn + 1
    stopped = msgspec.structs.replace(
        twin, turn=turn, stopped=True, stopped_by="local", stop_reason=reason[:MAX_REASON]
    )
    return _told(stopped)


def start(twin: Twin) -> tuple[Twin, TwinMessage]:
    """Of one that is stopped, by whichever side or by itself."""
    turn = twin.turn + (1 if is_stop(twin.turn) else 2)
    return _told(_going(twin, turn))


def clean_up(twin: Twin) -> tuple[Twin, TwinMessage]:
    """Forgets the pair on both sides. What stays is where late messages find their place."""
    turn = twin.turn + (2 if is_stop(twin.turn) else 1)
    bare, message = _told(_bare(twin, turn, "local"))
    return bare, msgspec.structs.replace(message, forgotten=True)


def heed_turn(twin: Twin, message: TwinMessage) -> Twin:
    """What the other side did. An older or equal turn is known already."""
    if twin.cleaned or not twin.turn < message.turn < _MAX_TURN:
        return twin
    if not is_stop(message.turn):
        return _going(twin, message.turn)
    if message.forgotten:
        return _bare(twin, message.turn, "remote")
    return msgspec.structs.replace(
        twin,
        turn=message.turn,
        stopped=True,
        stopped_by="remote",
        stop_reason=message.reason[:MAX_REASON],
        resend=True,
    )


def _going(twin: Twin, turn: int) -> Twin:
    return msgspec.structs.replace(
        twin, turn=turn, stopped=False, stopped_by="", stop_reason="", resend=True
    )


def _bare(twin: Twin, turn: int, by: Literal["local", "remote"]) -> Twin:
    return Twin(
        twin.id,
        twin.connection,
        version=twin.version,
        replica_version=twin.replica_version,
        included=twin.included,
        stopped=True,
        cleaned=True,
        turn=turn,
        stopped_by=by,
    )


def _told(twin: Twin) -> tuple[Twin, TwinMessage]:
    """Nothing of the issue: a node that knows no turns takes nothing from it."""
    version = twin.version + 1
    message = TwinMessage(
        twin.id,
        "",
        version,
        twin.included,
        Replica(),
        turn=twin.turn,
        reason=twin.stop_reason,
    )
    return msgspec.structs.replace(twin, version=version, resend=True), message
