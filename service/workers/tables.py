"""The mapping tables of the connections, with each name as both trackers call it now."""

import difflib
from shlex import quote

import msgspec
import structlog

from schemas.errors import MappingError, TrackerError
from schemas.mapping import MappingTable
from schemas.metadata import Choice, Metadata
from schemas.node import Connection
from schemas.replica import TwinMessage
from service.rules.declared import Declared, Words, source_of
from service.workers.metadata import ProjectMetadata, choices_of
from service.workers.remote_names import Names, RemoteNames, Told, as_told, called_now, id_of
from service.workers.roster import LiveConnection, OpenConnector, Roster

log = structlog.get_logger()

SUGGESTED = 3
_ALIKE = 0.4


class _Made(msgspec.Struct, frozen=True):
    record: Connection
    here: Metadata | None
    there: Metadata | None
    names: Names
    declared: Declared


class ConnectionTables:
    def __init__(self, known: ProjectMetadata, roster: Roster, names: RemoteNames) -> None:
        self._known, self._roster, self._names = known, roster, names
        self._made: dict[str, _Made] = {}

    async def declared(self, live: LiveConnection, told: Told) -> Declared:
        """Made anew only when the settings or what a tracker tells have changed. `told`: the ids
        of the replica that rules are about to see."""
        record = live.record
        settings = record.settings
        if not (settings.mappings or settings.flow or _people_of(record)):
            self._made.pop(record.id, None)
            return NOTHING
        here, there = await self.here(live), await self.there(live)
        names = await self._names.of(record.id)
        then = as_told(names, told)
        if then is not names:
            return _declared(record, here, there, then)
        made = self._made.get(record.id)
        if made is None or not (
            made.record is record
            and made.here is here
            and made.there is there
            and made.names is names
        ):
            made = _Made(record, here, there, names, _declared(record, here, there, names))
            self._made[record.id] = made
        return made.declared

    async def here(self, live: LiveConnection) -> Metadata | None:
        """None: the tracker does not tell, or cannot be asked now."""
        return await self._told(live, young=True)

    async def there(self, live: LiveConnection) -> Metadata | None:
        """Of the other end of a local connection; another company's tracker tells us nothing but
        the ids that come with its values."""
        other = self._roster.connections.get(live.record.counterpart)
        return None if other is None else await self._told(other, young=True)

    async def note(self, live: LiveConnection, message: TwinMessage | None) -> None:
        """What the other side's values are called, as a message tells."""
        if message is not None:
            await self._names.note(live.record.id, message.replica.ids)

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


def _declared(
    record: Connection, here: Metadata | None, there: Metadata | None, names: Names
) -> Declared:
    words = {}
    for field, table in record.settings.mappings.items():
        now = called_now(names, field)
        now |= {choice.id: choice.name for choice in choices_of(there, field) if choice.id}
        called = _called(field, table, now, names)
        words[field] = _words(table, choices_of(here, field), called, frozenset(now.values()))
    flow = record.settings.flow if record.mode == "visual" else {}
    return Declared(words, flow, record.mode != "script", source_of(words, _people_of(record)))


def _people_of(record: Connection) -> dict[str, str]:
    """For scripts, which may ask; what other rules say of people is mapped when it is written."""
    return record.settings.users if record.mode == "script" else {}


def _words(
    table: MappingTable, here: tuple[Choice, ...], called: dict[str, str], names: frozenset[str]
) -> Words:
    """`names`: all that something is called by there now."""
    ours = {choice.id: choice.name for choice in here if choice.id}
    values = {line.there: ours.get(line.here_id, line.here) for line in table.values}
    bound = {line.there for line in table.values if line.there_id}
    # Where only a name is known, a line of its own says more than what a value was once called.
    renamed = {
        now: values[then]
        for then, now in called.items()
        if then in bound or (then in values and now not in values)
    }
    # A bound line's value that is called otherwise now has left its name to another.
    left = {name for name in bound & names if called.get(name, name) != name}
    kept = {name: value for name, value in values.items() if name not in left}
    skipped = {called.get(name, name) for name in table.skipped}
    return Words(
        kept | renamed, table.unmapped, table.default, frozenset({*table.skipped, *skipped})
    )


def _called(field: str, table: MappingTable, now: dict[str, str], names: Names) -> dict[str, str]:
    """What the table calls a value of the other side -> what it is called there now."""
    ids = {line.there: line.there_id for line in table.values}
    ids |= dict.fromkeys(table.skipped, "")
    found = {name: id or id_of(names, field, name) for name, id in ids.items()}
    return {name: now[id] for name, id in found.items() if id in now}


def likeliest(value: str, allowed: tuple[Choice, ...]) -> list[str]:
    """Names, the likeliest first."""
    folded = value.casefold()

    def likeness(choice: Choice) -> float:
        return difflib.SequenceMatcher(None, folded, choice.name.casefold()).ratio()

    ranked = sorted(allowed, key=lambda choice: (-likeness(choice), choice.name))
    return [choice.name for choice in ranked if likeness(choice) >= _ALIKE][:SUGGESTED]
