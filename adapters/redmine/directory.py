"""What Redmine's projects know, by name and by id, remembered for some minutes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from adapters.redmine import errors, wire
from adapters.redmine.client import RedmineClient, segment
from schemas.errors import Fault, TrackerError
from schemas.metadata import FieldKind
from schemas.values import Millis

T = TypeVar("T")

_KEPT = 5 * 60 * 1000
_MOST = 10_000
_INCLUDED = "trackers,issue_categories,time_entry_activities,enabled_modules"
_KINDS: dict[str, FieldKind] = {
    "int": "number",
    "float": "number",
    "progressbar": "number",
    "date": "date",
    "bool": "boolean",
    "list": "option",
    "enumeration": "option",
    "version": "option",
    "user": "user",
    "link": "url",
}
_SEVERAL: dict[FieldKind, FieldKind] = {"option": "options", "user": "users"}
FILE_FORMAT = "attachment"
"""Fields of this format hold a file and are left alone."""


class Project(msgspec.Struct, frozen=True):
    id: int
    identifier: str
    name: str
    trackers: tuple[wire.Ref, ...]
    categories: tuple[wire.Ref, ...]
    activities: tuple[wire.Ref, ...]
    modules: frozenset[str]


class CustomField(msgspec.Struct, frozen=True):
    id: int
    label: str
    kind: FieldKind
    format: str
    required: bool = False
    choices: tuple[wire.PossibleValue, ...] = ()
    trackers: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        return f"cf_{self.id}"


class Directory:
    def __init__(
        self,
        client: RedmineClient,
        custom_kinds: Mapping[str, FieldKind],
        now: Callable[[], Millis],
    ) -> None:
        self._client = client
        self._custom_kinds = custom_kinds
        self._now = now
        self._known: dict[str, tuple[Millis, Any]] = {}

    async def project(self, key: str | int) -> Project:
        """By identifier or id."""
        return await self._kept(f"project {key}", lambda: self._project(str(key)))

    async def versions(self, project: int) -> tuple[wire.Ref, ...]:
        async def ask() -> tuple[wire.Ref, ...]:
            path = f"/projects/{project}/versions.json"
            found = await self._client.get(path, wire.versions, what="list the versions")
            return found.versions

        return await self._kept(f"versions {project}", ask)

    async def statuses(self) -> tuple[wire.Status, ...]:
        async def ask() -> tuple[wire.Status, ...]:
            path = "/issue_statuses.json"
            found = await self._client.get(path, wire.statuses, what="list the statuses")
            return found.issue_statuses

        return await self._kept("statuses", ask)

    async def priorities(self) -> tuple[wire.Enumerated, ...]:
        async def ask() -> tuple[wire.Enumerated, ...]:
            path = "/enumerations/issue_priorities.json"
            found = await self._client.get(path, wire.priorities, what="list the priorities")
            return tuple(item for item in found.issue_priorities if item.active)

        return await self._kept("priorities", ask)

    async def activities(self) -> tuple[wire.Enumerated, ...]:
        async def ask() -> tuple[wire.Enumerated, ...]:
            path = "/enumerations/time_entry_activities.json"
            found = await self._client.get(path, wire.activities, what="list the activities")
            return tuple(item for item in found.time_entry_activities if item.active)

        return await self._kept("activities", ask)

    async def custom_fields(self) -> Mapping[int, CustomField]:
        """Empty for an account that is no administrator: only those see definitions."""
        return await self._kept("custom fields", self._custom_fields)

    async def permissions(self, role: int) -> frozenset[str]:
        async def ask() -> frozenset[str]:
            path = f"/roles/{role}.json"
            found = await self._client.get(path, wire.one_role, what="read the own role")
            return frozenset(found.role.permissions)

        return await self._kept(f"role {role}", ask)

    def kind(self, field_id: int, definitions: Mapping[int, CustomField]) -> FieldKind:
        declared = self._custom_kinds.get(f"cf_{field_id}")
        if declared is not None:
            return declared
        known = definitions.get(field_id)
        return known.kind if known else "text"

    def forget(self) -> None:
        """Before a name that is not known is refused: somebody may just have made it."""
        self._known.clear()

    async def _kept(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        until, value = self._known.get(key, (0, None))
        if self._now() < until:
            known: T = value
            return known
        fresh = await ask()
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = (self._now() + _KEPT, fresh)
        return fresh

    async def _project(self, key: str) -> Project:
        found = await self._client.get(
            f"/projects/{segment(key)}.json",
            wire.one_project,
            what=f"read the project {key}",
            query={"include": _INCLUDED},
        )
        project = found.project
        return Project(
            id=project.id,
            identifier=project.identifier,
            name=project.name,
            trackers=project.trackers,
            categories=project.issue_categories,
            activities=project.time_entry_activities,
            modules=frozenset(item.name for item in project.enabled_modules),
        )

    async def _custom_fields(self) -> Mapping[int, CustomField]:
        try:
            found = await self._client.get(
                "/custom_fields.json", wire.custom_fields, what="list the custom fields"
            )
        except TrackerError as error:
            if error.fault is not Fault.PERMISSION:
                raise
            return {}
        return {
            item.id: _custom_field(item)
            for item in found.custom_fields
            if item.customized_type == "issue"
        }


def _custom_field(found: wire.CustomField) -> CustomField:
    kind = _KINDS.get(found.field_format, "text")
    return CustomField(
        id=found.id,
        label=found.name,
        kind=_SEVERAL.get(kind, kind) if found.multiple else kind,
        format=found.field_format,
        required=found.is_required,
        choices=found.possible_values,
        trackers=frozenset(item.id for item in found.trackers),
    )


def chosen(field: str, wanted: str, known: Mapping[str, int]) -> int:
    """The id of a name, whatever its case. VALIDATION that tells the names there are."""
    if wanted in known:
        return known[wanted]
    folded = {name.casefold(): number for name, number in known.items()}
    number = folded.get(wanted.strip().casefold())
    if number is None:
        raise errors.refused(
            Fault.VALIDATION,
            f"Redmine knows no {wanted!r} for the field {field!r}.",
            remedy=f"Map the field {field!r} to one of: {', '.join(known) or '(none)'}.",
            field=field,
        )
    return number
