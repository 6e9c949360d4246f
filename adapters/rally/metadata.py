"""What a project knows: types, statuses, fields with their kinds and allowed values."""

from collections.abc import Iterable

from adapters.rally.capabilities import CAPABILITIES, LINK_KINDS
from adapters.rally.kinds import KINDS, Kind, status_of
from adapters.rally.mapping import NONE
from adapters.rally.names import Names
from adapters.rally.params import RallyParams
from adapters.rally.schema import Attribute, Attributes, Schema
from adapters.rally.workspace import BETWEEN, Workspace
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo

_LABELS = {
    "summary": "Name",
    "description": "Description",
    "assignee": "Owner",
    "resolution": "Resolution",
    "priority": "Priority",
    "reporter": "Submitted By",
    "due": "Target Date",
    "parent": "Parent",
    "estimate": "Estimate",
    "remaining": "To Do",
    "spent": "Actuals",
    "iteration": "Iteration",
    "fix_versions": "Release",
}
_CREATED_BY = FieldInfo("reporter", "Created By", "user", writable=False)


class Catalogue:
    def __init__(
        self, params: RallyParams, schema: Schema, workspace: Workspace, names: Names
    ) -> None:
        self._params = params
        self._schema = schema
        self._workspace = workspace
        self._names = names

    async def projects(self) -> tuple[Choice, ...]:
        return await self._workspace.choices()

    async def metadata(self, wanted: str) -> Metadata:
        project = await self._workspace.project(wanted)
        shared = await self._shared(project.oid)
        types: list[TypeInfo] = []
        for kind in KINDS:
            attributes = await self._schema.attributes(kind)
            own = [await self._own(kind, attributes, name, project.oid) for name in kind.fields]
            beside = [
                await self._beside(one, project.oid)
                for one in self._schema.beside(kind, attributes)
            ]
            named = Choice(kind.name, kind.element)
            statuses = await self._statuses(kind, attributes, project.oid)
            told = () if "reporter" in kind.fields else (_CREATED_BY,)
            types.append(TypeInfo(named, (*own, *told, *shared, *beside), statuses))
        return Metadata(project.key, tuple(types), LINK_KINDS)

    async def _shared(self, oid: str) -> tuple[FieldInfo, ...]:
        here = (await self._workspace.projects())[oid]
        areas = [
            one.path.removeprefix(here.path + BETWEEN)
            for one in (await self._workspace.projects()).values()
            if one.path.startswith(here.path + BETWEEN)
        ]
        milestones = await self._names.listed("/milestone", {})
        return (
            FieldInfo("labels", "Tags", "labels"),
            FieldInfo("milestone", "Milestones", "option", choices=_choices(milestones)),
            FieldInfo("area", "Project", "path", choices=_choices(sorted(areas))),
            FieldInfo("links", "Links", "links"),
        )

    async def _own(self, kind: Kind, attributes: Attributes, name: str, project: str) -> FieldInfo:
        attribute = attributes.get(kind.fields[name])
        choices: Iterable[str] = ()
        if name in ("iteration", "fix_versions"):
            path = "/iteration" if name == "iteration" else "/release"
            choices = await self._names.in_project(path, project)
        elif attribute is not None and name in ("resolution", "priority"):
            choices = await self._schema.choices(attribute)
        return FieldInfo(
            name=name,
            label=attribute.label if attribute else _LABELS[name],
            kind=CAPABILITIES.fields[name],
            required=bool(attribute and attribute.required),
            choices=_choices(choices),
        )

    async def _beside(self, attribute: Attribute, project: str) -> FieldInfo:
        choices: Iterable[str] = ()
        if attribute.name == "FlowState":
            choices = await self._names.in_project("/flowstate", project)
        elif attribute.kind in ("option", "options"):
            choices = await self._schema.choices(attribute)
        return FieldInfo(
            name=attribute.name,
            label=attribute.label,
            kind=attribute.kind or "text",
            required=attribute.required,
            writable=not attribute.read_only,
            choices=_choices(choices),
        )

    async def _statuses(
        self, kind: Kind, attributes: Attributes, project: str
    ) -> tuple[Choice, ...]:
        name = status_of(kind, self._params)
        if name == "FlowState":
            return _choices(await self._names.in_project("/flowstate", project))
        attribute = attributes.get(name)
        return _choices(await self._schema.choices(attribute)) if attribute else ()


def _choices(names: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(name) for name in names if name != NONE)
