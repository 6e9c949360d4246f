"""Asks the trackers and the rule engine whether what is wanted can be."""

from collections.abc import AsyncIterator, Mapping, Set
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from schemas.access import Caller
from schemas.configuration import ConfiguredRules
from schemas.errors import ConfigurationError, InputError, TidegateError
from schemas.mapping import MappedValue, MappingTable
from schemas.metadata import Choice, Metadata
from schemas.node import Connection
from schemas.rules import RuleSet
from service.workers.alm.office import Office
from service.workers.metadata import choices_of
from service.workers.operations.checked_tables import Site, check_once, checked_table, told
from service.workers.operations.configuration.alm_checking import AlmChecking
from service.workers.operations.configuration.connectors import openable, steered_anew
from service.workers.operations.configuration.holding import Held
from service.workers.operations.configuration.own_snippets import library_for
from service.workers.operations.configuration.snippets import check_snippets
from service.workers.operations.configuration.undertaking import (
    ConnectorWork,
    EndWork,
    Place,
    Undertaking,
)
from service.workers.operations.connectors import tried
from service.workers.operations.desk import Desk
from service.workers.operations.places import check_place
from service.workers.operations.snippets import check_files
from service.workers.operations.triggers import check_trigger
from service.workers.operations.wording import wording_at
from service.workers.remote_names import Names, RemoteNames
from service.workers.roster import OpenConnector, placed

Trackers = Mapping[str, OpenConnector]
"""By the connector's id."""


class _Values(msgspec.Struct, frozen=True):
    """What both trackers allow in a field, and what the other side has told of its own."""

    here: tuple[Choice, ...]
    there: tuple[Choice, ...]
    names: Names


class Asking(msgspec.Struct, frozen=True):
    """Without `ask` no tracker is asked; rules and tables are looked at all the same."""

    ask: bool
    caller: Caller

    def may_ask(self, work: ConnectorWork) -> bool:
        """Whom the node asks, and as whom, is an admin's to say."""
        return self.caller.has_role("admin") or not steered_anew(work.before, work.after)

    @property
    def may_search(self) -> bool:
        """As in a preview of a trigger."""
        return self.caller.has_role("operator")


async def check(office: Office, held: Held, found: Undertaking, asking: Asking) -> None:
    desk = office.desk
    await check_snippets(desk, found)
    records = [each.after for each in found.connectors]
    awaiting = {each.id for each in records if found.awaits("connectors", each.name)}
    barred = {each.after.id for each in found.connectors if not asking.may_ask(each)} - awaiting
    untold = barred | awaiting
    if asking.ask:
        found.untried += [f"connector {each.name}" for each in records if each.id in barred]
    async with _opened(desk, found, untold, ask=asking.ask) as trackers:
        checking = _Checking(desk, held, found, trackers, untold, asking)
        found.ends = [work if work.idle else await checking.end(work) for work in found.ends]
        if asking.ask:
            await checking.compare_words()
        may_try = asking.caller.has_permission("edit_alm")
        alm = AlmChecking(office, found, trackers, untold)
        await alm.check(ask=asking.ask, may_try=may_try)


@asynccontextmanager
async def _opened(
    desk: Desk, found: Undertaking, untold: Set[str], *, ask: bool
) -> AsyncIterator[Trackers]:
    """Those of the node, and over them those that are new or others now."""
    trackers = dict(desk.roster.connectors)
    async with AsyncExitStack() as stack:
        for work in found.connectors:
            record = work.after
            trackers.pop(record.id, None)
            look = ask and record.id not in untold
            try:
                tracker = tried(desk, openable(record), check=look)
                opened = await stack.enter_async_context(tracker)
            except TidegateError as error:
                if not _is_awaited(found, record.name, error):
                    found.refuse_for(("connectors", record.name), error)
            else:
                trackers[record.id] = opened
        yield trackers


def _is_awaited(found: Undertaking, connector: str, error: TidegateError) -> bool:
    """It is about what stands for a secret until that comes with the apply."""
    cause = error.__cause__
    if not isinstance(cause, ConfigurationError):
        return False
    return any(
        place[:4] == ("connectors", connector, "params", cause.setting) for place in found.awaited
    )


class _Checking:
    def __init__(
        self,
        desk: Desk,
        held: Held,
        found: Undertaking,
        trackers: Trackers,
        untold: Set[str],
        asking: Asking,
    ) -> None:
        """`untold`: connectors that are not to be asked, whatever else is."""
        self._desk, self._held, self._found = desk, held, found
        self._trackers, self._untold, self._asking = trackers, untold, asking
        self._names = RemoteNames(desk.store, now=desk.now)
        self._records = {each.record.id: each.record for each in held.connections.values()}
        self._records |= {work.after.id: work.after for work in found.ends}

    async def end(self, work: EndWork) -> EndWork:
        """With the ids behind the names of its tables."""
        if work.rules is not None:
            await self._check_rules(work.name, work.rules)
        opened = self._trackers.get(work.after.connector)
        if opened is None:
            return work
        if self._may_ask(opened):
            await self._check_place(work, opened)
            await self._check_triggers(work, opened)
        tables = await self._tables(work)
        settings = msgspec.structs.replace(work.after.settings, mappings=tables)
        after = msgspec.structs.replace(work.after, settings=settings)
        return msgspec.structs.replace(work, after=after)

    def _may_ask(self, opened: OpenConnector) -> bool:
        return self._asking.ask and opened.record.id not in self._untold

    async def _check_rules(self, name: str, rules: ConfiguredRules) -> None:
        given, folder = RuleSet(0, rules.outgoing, rules.incoming), f"connections/{name}"
        library = library_for(rules, self._found.library)
        for snippet in library if rules.snippets else ():
            found = await self._desk.engine.check_snippet(snippet, library)
            self._found.findings += [
                msgspec.structs.replace(each, file=f"{folder}/{each.file}") for each in found
            ]
        self._found.findings += await check_files(self._desk, given, folder, library)

    async def compare_words(self) -> None:
        """Of the rules that have another version afterwards."""
        for work in self._found.ends:
            if work.rules is not None:
                await self._compare(work.after, work.rules)
        settings = {work.after.id: work.after for work in self._found.ends}
        for live in self._found.renewed:
            record = settings.get(live.record.id, live.record)
            rules = ConfiguredRules(live.rules.outgoing, live.rules.incoming)
            await self._compare(record, rules)
        self._found.warnings = list(dict.fromkeys(self._found.warnings))

    async def _compare(self, record: Connection, given: ConfiguredRules) -> None:
        rules = RuleSet(0, given.outgoing, given.incoming)
        opened, project = self._trackers.get(record.connector), record.settings.project
        if record.connector in self._untold or (opened and not self._may_ask(opened)):
            return
        library = library_for(given, self._found.library)
        words = await wording_at(self._desk, opened, project, rules, library)
        if words.unchecked:
            self._found.unchecked[record.name] = words.unchecked
        for each in words.warnings:
            own = bool(given.snippets) or each.file in ("outgoing.py", "incoming.py")
            file = f"connections/{record.name}/{each.file}" if own else each.file
            self._found.warnings.append(msgspec.structs.replace(each, file=file))

    async def _check_place(self, work: EndWork, opened: OpenConnector) -> None:
        settings = work.after.settings
        stands = work.before.record.settings if work.before else None
        if stands and (stands.project, stands.issue_type) == (
            settings.project,
            settings.issue_type,
        ):
            return
        try:
            await check_place(self._desk.known, opened, settings)
        except TidegateError as error:
            self._found.refuse_for(("connections", work.name, "settings", "project"), error)

    async def _check_triggers(self, work: EndWork, opened: OpenConnector) -> None:
        stands = work.before.triggers if work.before else {}
        for name, spec in work.triggers.items():
            if stands.get(name) == spec:
                continue
            place = ("connections", work.name, "triggers", name)
            if spec.query and not self._asking.may_search:
                self._found.untried.append(f"query of the trigger {name!r} of {work.name}")
                continue
            try:
                await check_trigger(opened.tracker, placed(spec, work.after))
            except TidegateError as error:
                field = ("query",) if getattr(error, "field", "") == "query" else ()
                self._found.refuse_for((*place, *field), error)

    async def _tables(self, work: EndWork) -> dict[str, MappingTable]:
        wanted = work.after.settings.mappings
        stands = work.before.record.settings.mappings if work.before else {}
        fresh = [field for field, table in wanted.items() if stands.get(field) != table]
        if not fresh:
            return wanted
        place = ("connections", work.name, "settings", "mappings")
        try:
            here = await self._metadata(work.after)
            there = await self._metadata(self._records.get(work.after.counterpart))
            names = await self._names.of(work.after.id)
        except TidegateError as error:
            self._found.refuse_for(place, error)
            return wanted
        return wanted | {
            field: self._table(
                (*place, field),
                wanted[field],
                stands.get(field, MappingTable()),
                _Values(choices_of(here, field), choices_of(there, field), names),
            )
            for field in fresh
        }

    def _table(
        self,
        place: Place,
        table: MappingTable,
        known: MappingTable,
        values: _Values,
    ) -> MappingTable:
        """Lines that the node knows stay as they are, whatever the trackers call the values now."""
        stand, field = set(known.values), place[-1]
        lines: list[MappedValue] = []
        for line in table.values:
            one = MappingTable((line,))
            at = (*place, line.there)
            lines += (one if line in stand else self._looked_up(at, field, one, values)).values
        rest = self._looked_up(place, field, msgspec.structs.replace(table, values=()), values)
        try:
            check_once(field, lines)
        except InputError as error:
            self._found.refuse_for(place, error)
        return msgspec.structs.replace(rest, values=tuple(lines))

    def _looked_up(
        self,
        place: Place,
        field: str,
        table: MappingTable,
        values: _Values,
    ) -> MappingTable:
        try:
            return checked_table(field, table, values.here, values.there, values.names)
        except InputError as error:
            self._found.refuse_for(place, error)
            return table

    async def _metadata(self, record: Connection | None) -> Metadata | None:
        opened = self._trackers.get(record.connector) if record else None
        if record is None or opened is None or not self._may_ask(opened):
            return None
        self._desk.known.forget(opened.record.id)
        return await told(self._desk, Site(opened, record.settings.project))
