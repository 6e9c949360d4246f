"""Looks for fields and values in rules that this side's tracker does not know."""

import asyncio

import msgspec

from schemas.errors import TrackerError
from schemas.metadata import Metadata
from schemas.rules import Diagnostic, RuleSet, Snippet
from service.rules.port import Direction
from service.rules.results import EXPECTED
from service.rules.strange_words import Ground, KnownField, strange_words
from service.workers.metadata import choices_of, fields_of
from service.workers.operations.desk import Desk
from service.workers.roster import LiveConnection, OpenConnector

PATIENCE = 5.0
"""Seconds that a save waits for the tracker."""

_COMMON = frozenset((*EXPECTED, "comments", "attachments", "own_links", "own_parent"))
_DIRECTIONS: tuple[Direction, ...] = ("outgoing", "incoming")


class Wording(msgspec.Struct, frozen=True):
    warnings: tuple[Diagnostic, ...] = ()
    unchecked: str = ""


async def wording(
    desk: Desk, live: LiveConnection, rules: RuleSet, library: tuple[Snippet, ...]
) -> Wording:
    """A tracker that does not answer is told, and stops no save."""
    opened = desk.roster.connectors.get(live.record.connector)
    return await wording_at(desk, opened, live.record.settings.project, rules, library)


async def wording_at(
    desk: Desk,
    opened: OpenConnector | None,
    project: str,
    rules: RuleSet,
    library: tuple[Snippet, ...],
) -> Wording:
    if opened is None:
        return Wording(unchecked="The connector cannot be used now.")
    try:
        async with asyncio.timeout(PATIENCE):
            metadata = await desk.known.metadata(opened, project, young=True)
    except TimeoutError:
        return Wording(unchecked="The tracker did not answer in time.")
    except TrackerError as error:
        return Wording(unchecked=f"The tracker did not tell its fields: {error.message}")
    if metadata is None:
        return Wording(unchecked="This tracker cannot tell its fields.")
    ground = ground_of(metadata)
    found: list[Diagnostic] = []
    for direction in _DIRECTIONS:
        source = getattr(rules, direction)
        # A long file takes its time to be read.
        found += await asyncio.to_thread(strange_words, direction, source, library, ground)
    return Wording(tuple(found))


def ground_of(metadata: Metadata) -> Ground:
    named = {"status": "Status", "type": "Type"}
    labels = {name: info.label for name, info in fields_of(metadata, "").items()}
    return Ground(
        {
            name: KnownField(label, _allowed(metadata, name))
            for name, label in (named | labels).items()
        },
        _COMMON,
    )


def _allowed(metadata: Metadata, field: str) -> tuple[str, ...]:
    """Names first, for these are what people mean."""
    choices = choices_of(metadata, field)
    return tuple(dict.fromkeys([*(c.name for c in choices), *(c.id for c in choices if c.id)]))
