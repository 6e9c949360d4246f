"""The mapping tables of the connections, with each name as both trackers call it now."""

import difflib
from shlex import quote

import msgspec
import structlog

from schemas.errors import MappingError, TrackerError
from schemas.mapping import MappingTable
from schemas.metadata import Choice, Metadata
from schemas.node import Connection
from service.rules.declared import Declared, Words, source_of
from service.workers.metadata import ProjectMetadata
from service.workers.roster import LiveConnection, OpenConnector, Roster

log = structlog.get_logger()

SUGGESTED = 3
_ALIKE = 0.4


class _Made(msgspec.Struct, frozen=True):
    record: Connection
    here: Metadata | None
    there: Metadata | None
    declared: Declared


class ConnectionTables:
    def __init__(self, known: ProjectMetadata, roster: Roster) -> None:
        self._known, self._roster = known, roster
        self._made: dict[str, _Made] = {}

    async def declared(self, live: LiveConnection) -> Declared:
        """Made anew only when the settings or what a tracker tells have changed."""
        record = live.record
        if not record.settings.mappings and not record.settings.flow:
            self._made.pop(record.id, None)
            return NOTHING
        here, there = await self.here(live), await self.there(live)
        made = self._made.get(record.id)
        if made is None or not (
            made.record is record and made.here is here and made.there is there
        ):
            made = _Made(record, here, there, _declared(record, here, there))
            self._made[record.id] = made
        return made.declared

    async def here(self, live: LiveConnection) -> Metadata | None:
        """None: the tracker does not tell, or cannot be asked now."""
        return await self._told(live, young=True)

    async def there(self, live: LiveConnection) -> Metadata | None:
        """Of the other end of a local connection; another company's tracker tells us nothing."""
        other = self._roster.connections.get(live.record.counterpart)
        return None if other is None else await self._told(other, young=True)

    async def explained(self, live: LiveConnection, error: MappingError) -> MappingError:
        """With what the value may be here."""
        allowed = choices_of(await self.here(live), error.field)
        near = likeliest(error.value, allowed)
        name = live.record.name
        command = f"tidegate mapping solve {name} {error.field} {quote(error.value)}"
        hint = f" --to {quote(near[0])}" if near else " --to VALUE"
        remedy = f"Map it: {command}{hint}. Or give --default or --skip in place of --to."
        return MappingError(error.message, field=error.field, value=error.value, remedy=remedy)

    async def _told(self, live: LiveConnection, *, young: bool) -> Metadata | None:
        opened = self._roster.connectors.get(live.record.connector)
        project = live.record.settings.project
        if opened is None or not project:
            return None
        return await self._ask(opened, project, young=young)

    async def _ask(self, opened: OpenConnector, project: str, *, young: bool) -> Metadata | None:
        try:
            return await self._known.metadata(opened, project, young=young)
        except TrackerError as error:
            # Names are as they were when the table was saved.
            log.info("mapping.names_unknown", connector=opened.record.name, error=error)
            return None


NOTHING = Declared()


def _declared(record: Connection, here: Metadata | None, there: Metadata | None) -> Declared:
    words = {
        field: _words(table, choices_of(here, field), choices_of(there, field))
        for field, table in record.settings.mappings.items()
    }
    flow = record.settings.flow if record.mode == "visual" else {}
    return Declared(words, flow, record.mode != "script", source_of(words))


def _words(table: MappingTable, here: tuple[Choice, ...], there: tuple[Choice, ...]) -> Words:
    ours = {choice.id: choice.name for choice in here if choice.id}
    theirs = {choice.id: choice.name for choice in there if choice.id}
    values = {line.there: ours.get(line.here_id, line.here) for line in table.values}
    values |= {
        theirs[line.there_id]: values[line.there]
        for line in table.values
        if line.there_id in theirs
    }
    return Words(values, table.unmapped, table.default, frozenset(table.skipped))


def choices_of(metadata: Metadata | None, field: str) -> tuple[Choice, ...]:
    """What the project allows in a field, over all its types; () where anything is, or nobody
    tells."""
    if metadata is None:
        return ()
    if field == "type":
        return tuple(each.type for each in metadata.types)
    found: dict[tuple[str, str], Choice] = {}
    for each in metadata.types:
        listed = each.statuses if field == "status" and each.statuses else ()
        infos = [info.choices for info in each.fields if info.name == field]
        for choice in (*listed, *(c for choices in infos for c in choices if not listed)):
            found.setdefault((choice.id, choice.name), choice)
    return tuple(found.values())


def likeliest(value: str, allowed: tuple[Choice, ...]) -> list[str]:
    """Names, the likeliest first."""
    folded = value.casefold()

    def likeness(choice: Choice) -> float:
        return difflib.SequenceMatcher(None, folded, choice.name.casefold()).ratio()

    ranked = sorted(allowed, key=lambda choice: (-likeness(choice), choice.name))
    return [choice.name for choice in ranked if likeness(choice) >= _ALIKE][:SUGGESTED]
