"""Mapping tables held against both trackers: with the ids behind the names, or refused."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from schemas.errors import Fault, InputError, TrackerError
from schemas.mapping import MappedValue, MappingTable
from schemas.metadata import Choice, Metadata
from service.workers.metadata import choices_of
from service.workers.operations.desk import Desk
from service.workers.remote_names import Names, id_of
from service.workers.roster import OpenConnector
from service.workers.tables import likeliest

_UNTOLD = frozenset({Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION})


class Site(msgspec.Struct, frozen=True):
    """Where one side's issues are."""

    opened: OpenConnector | None
    project: str


async def checked_tables(
    desk: Desk,
    tables: dict[str, MappingTable],
    here: Site,
    there: Site | None,
    names: Names,
) -> dict[str, MappingTable]:
    """`there`: None where another node has the other side; then `names` is what it has told.
    Raises `InputError` for a name that a tracker lacks."""
    if not tables:
        return {}
    for site in filter(None, (here, there)):
        if site.opened is not None:
            desk.known.forget(site.opened.record.id)
    ours, theirs = await told(desk, here), await told(desk, there)
    return {
        field: checked_table(
            field, table, choices_of(ours, field), choices_of(theirs, field), names
        )
        for field, table in tables.items()
    }


async def told(desk: Desk, site: Site | None) -> Metadata | None:
    """None where the tracker does not tell; a tracker that is down raises `TrackerError`."""
    if site is None or site.opened is None or not site.project:
        return None
    try:
        return await desk.known.metadata(site.opened, site.project)
    except TrackerError as error:
        if error.fault in _UNTOLD:
            return None
        raise


def checked_table(
    field: str,
    table: MappingTable,
    here: tuple[Choice, ...],
    there: tuple[Choice, ...],
    names: Names,
) -> MappingTable:
    values = []
    for line in table.values:
        ours = _found(field, line.here, line.here_id, here, "here")
        theirs = (
            _found(field, line.there, line.there_id, there, "on the other side")
            if there
            else _heard_of(field, line, names)
        )
        values.append(MappedValue(theirs.name, ours.name, theirs.id, ours.id))
    check_once(field, values)
    default = table.default
    if table.unmapped == "default":
        if not default:
            raise InputError(
                f"The table of {field} takes a default and names none.", remedy="Give `default`."
            )
        default = _found(field, default, "", here, "here").name
    return msgspec.structs.replace(table, values=tuple(values), default=default)


def check_once(field: str, lines: Iterable[MappedValue]) -> None:
    twice = [there for there, count in Counter(v.there for v in lines).items() if count > 1]
    if twice:
        raise InputError(
            f"The {field} {twice[0]!r} stands twice in the table.", remedy="Keep one of the lines."
        )


def _found(field: str, name: str, id: str, allowed: tuple[Choice, ...], where: str) -> Choice:
    """By its id where that is known, else by its name or, for who knows only that, its id."""
    if not allowed:
        return Choice(name, id)
    folded = name.casefold()
    by_id = next((choice for choice in allowed if id and choice.id == id), None)
    by_name = [c for c in allowed if folded in (c.name.casefold(), c.id.casefold())]
    found = by_id or next(iter(by_name), None)
    if found is None:
        near = likeliest(name, allowed) or sorted(choice.name for choice in allowed)[:5]
        raise InputError(
            f"There is no {field} {name!r} {where}.", remedy=f"Did you mean {', '.join(near)}?"
        )
    return found


def _heard_of(field: str, line: MappedValue, names: Names) -> Choice:
    """What the other side has not spoken of yet may be there all the same."""
    id = line.there_id or id_of(names, field, line.there)
    called = names.get(field, {}).get(id, (line.there,))
    return Choice(called[-1], id)
