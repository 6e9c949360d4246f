"""How values are compared and kept: small ones as they are, large ones as digests."""

from schemas.rich_text import RichText
from schemas.values import Digest, Fields, Value, condense


def settled(value: Value) -> Value:
    """Empty text, an empty set and nothing are the same to a tracker, and so to us."""
    if isinstance(value, RichText):
        return value if value.blocks else None
    # Neither 0 nor False is empty.
    return None if not value and isinstance(value, (str, tuple)) else value


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
