"""What is known of the work of one twin before it is looked at."""

import msgspec

from adapters.port import Capabilities
from schemas.events import IssueChanged
from schemas.issue import Part


class Hint(msgspec.Struct, frozen=True):
    """`local`: the issue may have changed. Otherwise a message, a retry or a person rings."""

    local: bool = False
    version: int | None = None
    """The newest that was announced; None when not all events told one."""
    parts: frozenset[Part] = frozenset()
    """Empty: all."""
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
        change=event.change,
        force=event.source == "manual",
        deleted=event.deleted,
    )


def merged(known: Hint | None, other: Hint) -> Hint:
    """Several events of one issue are one look."""
    if known is None:
        return other
    versions = (known.version, other.version)
    return Hint(
        local=known.local or other.local,
        version=None if None in versions else max(v for v in versions if v is not None),
        parts=known.parts | other.parts if known.parts and other.parts else frozenset(),
        change=known.change or other.change,
        force=known.force or other.force,
        deleted=known.deleted or other.deleted,
    )


def is_echo(hint: Hint, version: int, capabilities: Capabilities) -> bool:
    """True when a state at least as new was reconciled already: there is nothing to look at."""
    if (
        not hint.local
        or hint.force
        or hint.deleted
        or hint.version is None
        or hint.version > version
    ):
        return False
    return capabilities.version_exact or hint.parts == frozenset({Part.FIELDS})
