"""How a connection stands: its status and the reason, from what both sides have said."""

from typing import Any, Literal

import msgspec

from schemas.node import Connection, ConnectionStatus, Standing
from schemas.values import Millis

PausedBy = Literal["", "local", "remote", "both"]


def restated(record: Connection, now: Millis, **said: Any) -> Connection:
    """The record once this was said too; status, reason and since when follow."""
    standing = msgspec.structs.replace(record.standing, **said)
    return settled(msgspec.structs.replace(record, standing=standing), now)


def settled(record: Connection, now: Millis) -> Connection:
    status, reason = _judged(record)
    standing = record.standing
    if status != record.status or not standing.since:
        standing = msgspec.structs.replace(standing, since=now)
    return msgspec.structs.replace(
        record, status=status, reason=reason, standing=standing, changed=now
    )


def paused_by(standing: Standing) -> PausedBy:
    if standing.paused_here and standing.paused_there:
        return "both"
    if standing.paused_here:
        return "local"
    return "remote" if standing.paused_there else ""


def _judged(record: Connection) -> tuple[ConnectionStatus, str]:
    standing, other = record.standing, record.remote_side
    if standing.removed:
        side = record.local_side if standing.removed == "here" else other
        return "removed", f"Removed by {side}."
    if not (record.peer or record.counterpart):
        return "pending", record.reason or "Waits for the other side to accept the invitation."
    if standing.unconfirmed_here:
        return "pending", (
            "Compare the check string with the other side, then: tidegate connection confirm"
            f" {record.name}"
        )
    if standing.unconfirmed_there:
        return "pending", f"Waits until {other} has compared and confirmed the check string."
    if standing.broken:
        return "broken", standing.broken
    return _rest(standing, other)


def _rest(standing: Standing, other: str) -> tuple[ConnectionStatus, str]:
    match paused_by(standing):
        case "both":
            return "paused", f"Paused by an administrator here, and by {other}."
        case "local":
            return "paused", "Paused by an administrator here."
        case "remote":
            return "paused", f"Paused by {other}."
    return "active", ""
