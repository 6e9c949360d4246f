"""What the trackers' projects know, kept for a while: types, fields, allowed values."""

from collections.abc import Callable, Mapping

import structlog

from adapters.port import Discovery, Projects
from schemas.errors import Fault, TrackerError
from schemas.metadata import Choice, FieldInfo, Metadata
from schemas.values import Millis, Value
from service.workers.remembered import Remembered
from service.workers.roster import OpenConnector

log = structlog.get_logger()

LASTS: Millis = 600_000
YOUNG: Millis = 60_000
"""A value that is unknown may have been added since: then the project is asked again after this."""
_MOST = 500
_UNTOLD = frozenset({Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION, Fault.VALIDATION})
Place = tuple[str, str]
"""A connector's id, and a project of it."""
Named = Mapping[str, Mapping[str, str]]
"""Field -> name of a choice -> its id."""


class ProjectMetadata:
    """Of all connectors. What cannot be asked now raises `TrackerError`."""

    def __init__(self, *, now: Callable[[], Millis]) -> None:
        self._projects = Remembered[str, tuple[Choice, ...]](now=now, lasts=LASTS, most=_MOST)
        self._metadata = Remembered[Place, Metadata](now=now, lasts=LASTS, most=_MOST)
        self._fields = Remembered[tuple[str, str, str], Mapping[str, FieldInfo]](
            now=now, lasts=LASTS, most=_MOST
        )
        self._names: dict[Place, tuple[Metadata | None, Named]] = {}

    async def projects(
        self, opened: OpenConnector, *, young: bool = False
    ) -> tuple[Choice, ...] | None:
        """None: the tracker cannot tell."""
        tracker = opened.tracker
        if not isinstance(tracker, Projects):
            return None
        return await self._projects.get(
            opened.record.id, tracker.projects, lasts=YOUNG if young else None
        )

    async def metadata(
        self, opened: OpenConnector, project: str, *, young: bool = False
    ) -> Metadata | None:
        """None: the tracker cannot tell."""
        tracker = opened.tracker
        if not isinstance(tracker, Discovery):
            return None
        place = (opened.record.id, project)
        return await self._metadata.get(
            place, lambda: tracker.metadata(project), lasts=YOUNG if young else None
        )

    async def fields(
        self, opened: OpenConnector, project: str, type: str, *, young: bool = False
    ) -> Mapping[str, FieldInfo] | None:
        """Of a type, or of all where it is not known. None: the tracker does not tell."""

        async def ask() -> Mapping[str, FieldInfo]:
            return fields_of(await self.metadata(opened, project, young=young), type)

        if not isinstance(opened.tracker, Discovery):
            return None
        try:
            return await self._fields.get(
                (opened.record.id, project, type.casefold()), ask, lasts=YOUNG if young else None
            )
        except TrackerError as error:
            if error.fault in _UNTOLD:
                return None
            raise

    async def named(self, opened: OpenConnector, project: str, *, young: bool = False) -> Named:
        """The ids of what can be chosen; made once of what a project tells."""
        metadata = await self.metadata(opened, project, young=young)
        place = (opened.record.id, project)
        made = self._names.get(place)
        if made is None or made[0] is not metadata:
            made = self._names[place] = (metadata, _named(metadata))
            while len(self._names) > _MOST:
                del self._names[next(iter(self._names))]
        return made[1]

    def of(self, opened: OpenConnector) -> "ConnectorGround":
        return ConnectorGround(self, opened)

    def forget(self, connector: str) -> None:
        """For a person who has just changed something in the tracker."""
        self._projects.forget(lambda known: known == connector)
        self._metadata.forget(lambda place: place[0] == connector)
        self._fields.forget(lambda place: place[0] == connector)
        self._names = {place: made for place, made in self._names.items() if place[0] != connector}


class ConnectorGround:
    """Of one connector; a `bench.Ground`."""

    def __init__(self, known: ProjectMetadata, opened: OpenConnector) -> None:
        self._known, self._opened = known, opened

    async def fields(
        self, project: str, type: str, *, young: bool = False
    ) -> Mapping[str, FieldInfo] | None:
        return await self._known.fields(self._opened, project, type, young=young)

    async def ids(self, project: str, fields: Mapping[str, Value]) -> dict[str, dict[str, str]]:
        """A name that is in no list makes us ask anew. Names that values trade are known, and only
        the lists tell that they were: such a value is told by its former id until these are read
        again, `LASTS` after they were last, or as soon as a person asks (`forget`)."""
        try:
            found, unknown = _ids(await self._known.named(self._opened, project), fields)
            if unknown:
                young = await self._known.named(self._opened, project, young=True)
                found, _ = _ids(young, fields)
        except TrackerError as error:
            # They only help: what leaves is right without them.
            log.info("metadata.ids_unknown", connector=self._opened.record.name, error=error)
            return {}
        return found


def fields_of(metadata: Metadata | None, type: str) -> Mapping[str, FieldInfo]:
    """By neutral name."""
    if metadata is None:
        return {}
    folded = type.casefold()
    meant = [t for t in metadata.types if folded in (t.type.name.casefold(), t.type.id.casefold())]
    return {info.name: info for each in reversed(meant or metadata.types) for info in each.fields}


def _named(metadata: Metadata | None) -> Named:
    infos = [info for each in metadata.types for info in each.fields] if metadata else []
    fields = {"type", "status", *(info.name for info in infos if info.choices)}
    found = {field: choices_of(metadata, field) for field in fields}
    return {
        field: {choice.name: choice.id for choice in choices if choice.id}
        for field, choices in found.items()
    }


def _ids(named: Named, fields: Mapping[str, Value]) -> tuple[dict[str, dict[str, str]], bool]:
    """Also whether a value is in no list yet, though its field has one."""
    found: dict[str, dict[str, str]] = {}
    unknown = False
    for field, value in fields.items():
        known = named.get(field)
        if not known:
            continue
        values = value if isinstance(value, tuple) else (str(value),)
        ids = {each: known[each] for each in values if each in known}
        unknown = unknown or len(ids) < len(values)
        if ids:
            found[field] = ids
    return found, unknown


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
