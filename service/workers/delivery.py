"""Hands a message about a twin to the other side: to the outbox, or at once to the other end of a
local connection."""

import msgspec
import sqlalchemy as sa

from schemas.replica import TwinMessage
from schemas.values import Millis
from service.store import outbox, twins
from service.sync.intake import merge_messages
from service.workers import repairing
from service.workers.roster import LiveConnection

_encode = msgspec.msgpack.Encoder().encode


def deliver(
    c: sa.Connection,
    live: LiveConnection,
    other: LiveConnection | None,
    message: TwinMessage,
    now: Millis,
) -> None:
    """`other` is the other end of a local connection."""
    record = live.record
    if other is None:
        outbox.put(c, record.peer, record.id, message.twin, _encode(message), now)
        return
    end = other.record
    if message.claims:
        repairing.receive(c, end, message, now)
        return
    twins.reopen(c, end.id, message)
    twins.receive(c, end.id, message.twin, end.connector, message, merge_messages, now)
