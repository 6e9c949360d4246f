"""Field values, in the neutral vocabulary that issues, rules and replicas share."""

import hashlib

import msgspec

from schemas.rich_text import RichText

Millis = int
"""A moment: milliseconds since 1970-01-01 UTC."""


class User(msgspec.Struct, frozen=True, tag="user", omit_defaults=True):
    name: str = ""
    email: str = ""
    id: str = ""
    """The tracker's own id; only meaningful on its side."""


class Work(msgspec.Struct, frozen=True):
    """A record of time spent. It travels as a comment does, with or without words."""

    seconds: int
    started: Millis


class Digest(msgspec.Struct, frozen=True, tag="digest"):
    """Stands for a large value that the reader already holds."""

    sha256: str


Value = None | bool | int | float | str | tuple[str, ...] | RichText | User | Digest
"""A tuple is a set (labels): sorted, no doubles, merged by element."""

Fields = dict[str, Value]

LARGE = 512
"""Encoded bytes from which a value is kept and sent as a digest."""
_WIDEST = 7
"""More than a character and a share of the quotes can take: short text need not be encoded."""

_encoder = msgspec.json.Encoder(order="deterministic")


def as_set(items: "list[str] | tuple[str, ...] | set[str]") -> tuple[str, ...]:
    return tuple(sorted(set(items)))


def digest(value: Value | msgspec.Struct) -> str:
    """SHA-256 of the canonical JSON form, hex."""
    return hashlib.sha256(_encoder.encode(value)).hexdigest()


def condense(value: Value) -> Value:
    """The value itself when it is small, else its digest: equal values condense equally."""
    if isinstance(value, str):
        if len(value) * _WIDEST < LARGE:
            return value
    elif not isinstance(value, RichText):
        return value
    encoded = _encoder.encode(value)
    if len(encoded) < LARGE:
        return value
    return Digest(hashlib.sha256(encoded).hexdigest())
