"""What is known of the work of one twin before it is looked at."""

from typing import TypeVar

import msgspec

from adapters.port import Capabilities
from schemas.events import IssueChanged
from schemas.issue import Part
from service.workers.recent import Rest

T = TypeVar("T")


class Hint(msgspec.Struct, frozen=True):
    local: bool = False
    """The issue may have changed."""
    due: bool = False
    """The store has work for the twin: a message, a retry."""
    version: int | None = None
    """The newest that was announced; None when not all events told one."""
    parts: frozenset[Part] = frozenset()
    """Empty: all."""
    new_comments: frozenset[str] = frozenset()
    """What was announced when it was nothing but new comments; else empty."""
    change: str = ""
    force: bool = False
    """A person asked: no rest, no shortcut."""
    deleted: bool = False
    """The tracker has told that the issue is gone."""


def of_change(event: IssueChanged) -> Hint:
    return Hint(
        local=True,
        version=event.version,
        parts=frozenset(event.parts),
        new_comments=frozenset({event.new_comment} - {""}),
        change=event.change,
        force=event.source == "manual",
        deleted=event.deleted,
    )


def merged(known: Hint | None, other: Hint) -> Hint:
    """Several events of one issue are one look."""
    if known is None:
        return other
    told = [hint for hint in (known, other) if hint.local]
    versions = [hint.version for hint in told if hint.version is not None]
    return Hint(
        local=bool(told),
        due=known.due or other.due,
        version=max(versions) if versions and len(versions) == len(told) else None,
        parts=_union([hint.parts for hint in told]),
        new_comments=_union([hint.new_comments for hint in told]),
        change=known.change or other.change,
        force=known.force or other.force,
        deleted=known.deleted or other.deleted,
    )


def _union(sets: list[frozenset[T]]) -> frozenset[T]:
    """Of sets whose emptiness means that nothing is known."""
    return frozenset().union(*sets) if all(sets) else frozenset()


def is_echo(hint: Hint, rest: Rest, capabilities: Capabilities) -> bool:
    """True when a state at least as new was reconciled already: there is nothing to look at."""
    if not hint.local or hint.due or hint.force or hint.deleted:
        return False
    if hint.new_comments:
        return hint.new_comments <= set(rest.comments)
    fields_alone = hint.parts == frozenset({Part.FIELDS})
    # A write reads the fields back, and not what a person attached just before it.
    known = rest.version if fields_alone else rest.looked
    if hint.version is None or hint.version > known:
        return False
    return capabilities.version_exact or fields_alone
