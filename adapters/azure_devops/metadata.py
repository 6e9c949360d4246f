"""What a project knows: its types with their states and fields, its areas and iterations."""

import asyncio
from collections.abc import Iterable, Mapping

from adapters.azure_devops import wire
from adapters.azure_devops.client import AzureDevOpsClient, Call, segment
from adapters.azure_devops.fields import FieldDirectory, kind_of
from adapters.azure_devops.links import RELATIONS
from adapters.azure_devops.mapping import Mapper
from adapters.azure_devops.references import AREA, BOOKKEEPING, ITERATION, KINDS, NOISE, REASON
from schemas.errors import Fault, TrackerError
from schemas.metadata import Choice, FieldInfo, FieldKind, Metadata, TypeInfo

_PAGE = 500
_HIDDEN = "Microsoft.HiddenCategory"
_DEPTH = 14
"""As deep as areas and iterations go."""
_NEVER_WRITTEN = frozenset({"System.CreatedBy"})
_RELATED = (
    FieldInfo("parent", "Parent", "issue"),
    FieldInfo("links", "Links", "links"),
    FieldInfo("children", "Children", "links", writable=False),
)
_SHOWN_AS_OTHERS = BOOKKEEPING - {REASON}

Paths = Mapping[str, tuple[Choice, ...]]


class Catalogue:
    def __init__(self, client: AzureDevOpsClient, mapper: Mapper, fields: FieldDirectory) -> None:
        self._client = client
        self._mapper = mapper
        self._fields = fields

    async def projects(self) -> tuple[Choice, ...]:
        """Projects are named by their names, which are unique in an organization."""
        found: list[Choice] = []
        while True:
            query = {"$top": str(_PAGE), "$skip": str(len(found))}
            call = Call(what="list the projects", path="/_apis/projects", query=query)
            page = await self._client.fetch(call, wire.projects)
            found += [Choice(each.name, each.name) for each in page.value]
            if len(page.value) < _PAGE:
                return tuple(found)

    async def states(self, project: str, kind: str) -> tuple[wire.State, ...]:
        call = Call(
            what=f"list the states of a {kind}",
            path=f"/{segment(project)}/_apis/wit/workitemtypes/{segment(kind)}/states",
        )
        return (await self._client.fetch(call, wire.states)).value

    async def metadata(self, project: str) -> Metadata:
        types, hidden, definitions, paths, relations = await asyncio.gather(
            self._types(project),
            self._hidden(project),
            self._fields.definitions(),
            self._paths(project),
            self._relation_types(),
        )
        by_name = {one.reference_name: one for one in definitions}
        infos = await asyncio.gather(
            *(self._type(project, one, by_name, paths) for one in types if one.name not in hidden)
        )
        kinds = tuple(kind for kind, relation in RELATIONS.items() if relation in relations)
        return Metadata(project, tuple(infos), kinds)

    async def _types(self, project: str) -> list[wire.ItemType]:
        call = Call(
            what="list the work item types", path=f"/{segment(project)}/_apis/wit/workitemtypes"
        )
        found = await self._client.fetch(call, wire.item_types)
        return [one for one in found.value if not one.is_disabled]

    async def _hidden(self, project: str) -> frozenset[str]:
        """Types that people never make by hand, such as "Code Review Request"."""
        call = Call(
            what="list the hidden work item types",
            path=f"/{segment(project)}/_apis/wit/workitemtypecategories/{_HIDDEN}",
        )
        try:
            found = await self._client.fetch(call, wire.type_category)
        except TrackerError as error:
            if error.fault is not Fault.NOT_FOUND:
                raise
            return frozenset()
        return frozenset(one.name for one in found.work_item_types)

    async def _type(
        self,
        project: str,
        item_type: wire.ItemType,
        definitions: Mapping[str, wire.FieldDefinition],
        paths: Paths,
    ) -> TypeInfo:
        kind = item_type.name
        call = Call(
            what=f"list the fields of a {kind}",
            path=f"/{segment(project)}/_apis/wit/workitemtypes/{segment(kind)}/fields",
            query={"$expand": "allowedValues"},
        )
        found = await self._client.fetch(call, wire.type_fields)
        states = item_type.states or await self.states(project, kind)
        statuses = tuple(Choice(one.name, one.name) for one in states)
        known = [one for one in found.value if _tells(one.reference_name)]
        fields = [self._field(one, kind, definitions, paths) for one in known]
        shown = [
            FieldInfo(one.name, one.label, one.kind, one.required, one.writable, statuses)
            if one.name == "status"
            else one
            for one in fields
        ]
        return TypeInfo(Choice(kind, kind), (*shown, *_RELATED), statuses)

    def _field(
        self,
        field: wire.TypeField,
        kind: str,
        definitions: Mapping[str, wire.FieldDefinition],
        paths: Paths,
    ) -> FieldInfo:
        reference = field.reference_name
        definition = definitions.get(reference)
        values = tuple(Choice(one, one) for one in map(str, field.allowed_values) if one)
        what = self._kind(reference, definition, choosable=bool(values))
        if what not in ("option", "number"):
            values = paths.get(reference, ())
        read_only = definition is not None and definition.read_only
        return FieldInfo(
            name=self._mapper.name(reference, kind),
            label=field.name,
            kind=what,
            required=field.always_required,
            writable=not read_only and reference not in _NEVER_WRITTEN,
            choices=values,
        )

    def _kind(
        self, reference: str, definition: wire.FieldDefinition | None, *, choosable: bool
    ) -> FieldKind:
        known = KINDS.get(reference)
        kind = known or (kind_of(definition) if definition else self._fields.kind(reference))
        return "option" if kind == "text" and choosable else kind

    async def _paths(self, project: str) -> Paths:
        call = Call(
            what="list the areas and iterations",
            path=f"/{segment(project)}/_apis/wit/classificationnodes",
            query={"$depth": str(_DEPTH)},
        )
        found = await self._client.fetch(call, wire.nodes)
        return {
            AREA if root.structure_type == "area" else ITERATION: tuple(_paths(root))
            for root in found.value
        }

    async def _relation_types(self) -> frozenset[str]:
        call = Call(what="list the types of links", path="/_apis/wit/workitemrelationtypes")
        found = await self._client.fetch(call, wire.relation_types)
        return frozenset(one.reference_name for one in found.value if one.enabled)


def _tells(reference: str) -> bool:
    return reference not in _SHOWN_AS_OTHERS and not reference.startswith(NOISE)


def _paths(node: wire.Node, above: str = "") -> Iterable[Choice]:
    path = f"{above} / {node.name}" if above else node.name
    yield Choice(path, path)
    for child in node.children:
        yield from _paths(child, path)
