"""An event as bytes on the bus."""

import msgspec

from schemas.errors import InputError
from schemas.events import Event, IssueChanged, decode, encode

LIMIT = 64 << 10
"""Bytes. An event is a pointer; what is larger was not meant for us."""

_KEY_LIMIT = 255
_REASON_LIMIT = 500


class Malformed(ValueError):
    """Not an event; the text says why."""


def pack(event: Event) -> bytes:
    body = encode(event)
    if len(body) > LIMIT:
        raise InputError(
            f"The event has {len(body)} bytes; {LIMIT} are allowed.",
            status=413,
            remedy="Send a pointer to the issue, not its content.",
        )
    return body


def unpack(body: bytes) -> Event:
    if len(body) > LIMIT:
        raise Malformed(f"{len(body)} bytes, more than the {LIMIT} of an event")
    try:
        event: Event = decode(body)
    except (msgspec.DecodeError, RecursionError) as cause:
        raise Malformed(str(cause)[:_REASON_LIMIT]) from cause
    return event


def routing_key(event: Event) -> str:
    """`issue.<connector>` or `twin.<connection>`, cut to what AMQP allows (255 bytes)."""
    if isinstance(event, IssueChanged):
        key = "issue." + event.connector
    else:
        key = "twin." + event.connection
    if len(key) * 4 <= _KEY_LIMIT:
        return key
    return key.encode()[:_KEY_LIMIT].decode(errors="ignore")
