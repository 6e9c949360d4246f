"""Mapping tables of a connection: shown, checked against both trackers, saved, and suggested."""

from collections import Counter

import msgspec
import sqlalchemy as sa

from schemas.errors import InputError
from schemas.mapping import (
    MappedValue,
    MappingBody,
    MappingSolution,
    MappingSuggestions,
    MappingTable,
    MappingView,
    UnmappedValue,
)
from schemas.metadata import Choice, Metadata
from schemas.node import Connection, ConnectionSettings, ParkedTwin
from service.store import connections, parked
from service.store.twin_records import TwinKey
from service.workers.metadata import choices_of
from service.workers.operations.checked_tables import Site, checked_tables, told
from service.workers.operations.desk import Desk
from service.workers.operations.errors import ErrorOperations
from service.workers.remote_names import Names, RemoteNames, called_now
from service.workers.roster import LiveConnection, touch
from service.workers.tables import likeliest

_AT_ONCE = 200
_SUGGESTED = ("status", "priority", "type", "resolution")


class MappingOperations:
    def __init__(self, desk: Desk, errors: ErrorOperations) -> None:
        self._desk, self._errors = desk, errors

    async def view(self, name: str, freed: int = 0) -> MappingView:
        live = self._desk.connection(name)
        settings = live.record.settings
        counted = Counter((e.field, e.value) for e in await self._waiting(live))
        here = await self._known(live) if counted else None
        unmapped = tuple(
            UnmappedValue(field, value, count, tuple(likeliest(value, allowed)), allowed)
            for (field, value), count in sorted(counted.items())
            for allowed in (choices_of(here, field),)
        )
        return MappingView(
            settings.mappings,
            settings.flow,
            settings.users,
            settings.default_user,
            unmapped,
            freed,
        )

    async def save(self, name: str, body: MappingBody) -> MappingView:
        live = self._desk.connection(name)
        tables = await self.checked(live, body.tables)
        check_flow(live.record, body)
        settings = msgspec.structs.replace(
            live.record.settings,
            mappings=tables,
            flow=body.flow,
            users=body.users,
            default_user=body.default_user,
        )
        await self._keep(live.record, settings)
        return await self.view(name, await self.free(name))

    async def solve(self, name: str, body: MappingSolution) -> MappingView:
        live = self._desk.connection(name)
        settings = live.record.settings
        table = solved(settings.mappings.get(body.field, MappingTable()), body)
        checked = await self.checked(live, {body.field: table})
        mappings = settings.mappings | checked
        await self._keep(live.record, msgspec.structs.replace(settings, mappings=mappings))
        return await self.view(name, await self.free(name))

    async def suggest(self, name: str) -> MappingSuggestions:
        """From what both trackers tell; what issues wait for comes first."""
        live = self._desk.connection(name)
        here, there = await self._known(live), await self._known_there(live)
        names = await self._names(live)
        waiting = {(e.field, e.value) for e in await self._waiting(live)}
        tables: dict[str, MappingTable] = {}
        for field in sorted({*_SUGGESTED, *(field for field, _ in waiting)}):
            table = live.record.settings.mappings.get(field, MappingTable())
            known = {line.there for line in table.values} | set(table.skipped)
            theirs = {name: id for id, name in called_now(names, field).items()}
            theirs |= {choice.name: choice.id for choice in choices_of(there, field)}
            theirs |= {value: theirs.get(value, "") for f, value in waiting if f == field}
            lines = _lines(theirs, choices_of(here, field), known)
            if lines:
                tables[field] = msgspec.structs.replace(table, values=(*table.values, *lines))
        return MappingSuggestions(tables)

    async def checked(
        self, live: LiveConnection, tables: dict[str, MappingTable]
    ) -> dict[str, MappingTable]:
        """With the ids behind the names. Raises `InputError` for a name that a tracker lacks."""
        other = self._desk.roster.connections.get(live.record.counterpart)
        return await checked_tables(
            self._desk,
            tables,
            self._site(live),
            self._site(other) if other else None,
            await self._names(live),
        )

    async def _keep(self, record: Connection, settings: ConnectionSettings) -> None:
        desk = self._desk

        def work(c: sa.Connection) -> None:
            known = connections.locked(c, record.id)
            if known is None or known.settings != record.settings:
                raise InputError(
                    f"The settings of {record.name!r} were changed meanwhile.",
                    status=412,
                    remedy="Get them again, and put your change on top.",
                )
            connections.update_settings(c, record.id, settings, desk.now())
            touch(c)

        await desk.store.write(work)
        await desk.changed()

    async def free(self, name: str) -> int:
        """All that wait for a value which the tables now answer."""
        live = self._desk.connection(name)
        tables = live.record.settings.mappings
        keys = [
            TwinKey(entry.connection, entry.twin)
            for entry in await self._waiting(live)
            if entry.field in tables and answers(tables[entry.field], entry.value)
        ]
        freed = 0
        for at in range(0, len(keys), _AT_ONCE):
            freed += await self._errors.retry_these(keys[at : at + _AT_ONCE])
        return freed

    async def _waiting(self, live: LiveConnection) -> list[ParkedTwin]:
        entries = await self._desk.store.read(
            lambda c: parked.page(c, connection=live.record.id, limit=1_000_000)
        )
        return [entry for entry in entries if entry.field]

    async def _names(self, live: LiveConnection) -> Names:
        return await RemoteNames(self._desk.store, now=self._desk.now).of(live.record.id)

    def _site(self, live: LiveConnection) -> Site:
        record = live.record
        return Site(self._desk.roster.connectors.get(record.connector), record.settings.project)

    async def _known(self, live: LiveConnection) -> Metadata | None:
        return await told(self._desk, self._site(live))

    async def _known_there(self, live: LiveConnection) -> Metadata | None:
        other = self._desk.roster.connections.get(live.record.counterpart)
        return await self._known(other) if other else None


def check_flow(record: Connection, body: MappingBody) -> None:
    if body.flow and record.mode != "visual":
        raise InputError(
            f"Which way a field goes is set in visual mode; {record.name!r} is in"
            f" {record.mode} mode.",
            status=409,
            remedy="Leave `flow` out, or make a connection in visual mode.",
        )


def solved(table: MappingTable, body: MappingSolution) -> MappingTable:
    kept = tuple(line for line in table.values if line.there != body.value)
    skipped = tuple(value for value in table.skipped if value != body.value)
    match body.answer:
        case "map":
            if not body.here:
                raise InputError(
                    f"What is the {body.field} {body.value!r} here?", remedy="Give `here`."
                )
            values = (*kept, MappedValue(body.value, body.here))
            return msgspec.structs.replace(table, values=values, skipped=skipped)
        case "skip":
            return msgspec.structs.replace(table, values=kept, skipped=(*skipped, body.value))
        case "default":
            default = body.here or table.default
            if not default:
                raise InputError(
                    f"The table of {body.field} has no default yet.", remedy="Name it in `here`."
                )
            return MappingTable(kept, "default", default, skipped)


def answers(table: MappingTable, value: str) -> bool:
    folded = value.casefold()
    return (
        table.unmapped != "park"
        or value in table.skipped
        or any(line.there.casefold() == folded for line in table.values)
    )


def _lines(
    theirs: dict[str, str], ours: tuple[Choice, ...], known: set[str]
) -> tuple[MappedValue, ...]:
    """A name that both have is itself; else the likeliest."""
    ids = {choice.name: choice.id for choice in ours}
    lines = []
    for name, id in theirs.items():
        near = [name] if name in ids else likeliest(name, ours)
        if name not in known and near:
            lines.append(MappedValue(name, near[0], id, ids[near[0]]))
    return tuple(lines)
