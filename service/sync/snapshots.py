"""How values are compared and kept: small ones as they are, large ones as digests."""

from schemas.rich_text import RichText
from schemas.values import Digest, Fields, Value, condense


def settled(value: Value) -> Value:
    """Empty text, an empty set and nothing are the same to a tracker, and so to us."""
    if isinstance(value, str | tuple):
        return value or None
    if isinstance(value, RichText) and not value.blocks:
        return None
    return value


def snapshot(value: Value) -> Value:
    return condense(settled(value))


def snapshots(fields: Fields) -> Fields:
    return {name: snapshot(value) for name, value in fields.items()}


def same(left: Value, right: Value) -> bool:
    left, right = settled(left), settled(right)
    if isinstance(left, Digest) or isinstance(right, Digest):
        return condense(left) == condense(right)
    return left == right


def as_elements(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
