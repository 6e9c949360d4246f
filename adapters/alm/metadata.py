"""What the project knows: types, statuses, fields with their kinds and allowed values."""

from adapters.alm.capabilities import capabilities
from adapters.alm.client import AlmClient
from adapters.alm.customization import Customization, Customizations
from adapters.alm.ids import EntityType
from adapters.alm.mapping import PLAIN_TYPE, UNDEFINED
from adapters.alm.params import AlmParams
from adapters.alm.releases import releases
from adapters.alm.slots import Slot, slots
from schemas.metadata import Choice, FieldInfo, Metadata, TypeInfo


class Catalogue:
    def __init__(
        self, client: AlmClient, params: AlmParams, customizations: Customizations
    ) -> None:
        self._client = client
        self._params = params
        self._customizations = customizations

    async def projects(self) -> tuple[Choice, ...]:
        """The connector's own, once ALM has shown it."""
        await self._customizations.of(self._params.entities[0])
        shown = f"{self._params.domain}/{self._params.project}"
        return (Choice(shown, self._params.project),)

    async def metadata(self) -> Metadata:
        self._customizations.forget()
        types: list[TypeInfo] = []
        for kind in self._params.entities:
            known = await self._customizations.of(kind)
            fields = await self._fields(kind, known)
            status = next((field for field in fields if field.name == "status"), None)
            statuses = status.choices if status else ()
            types += [TypeInfo(choice, fields, statuses) for choice in _types(kind, known)]
        link_kinds = capabilities(self._params).link_kinds
        return Metadata(self._params.project, tuple(types), link_kinds)

    async def _fields(self, kind: EntityType, known: Customization) -> tuple[FieldInfo, ...]:
        places = slots(kind, self._params, known)
        fields = [await self._field(slot, known) for slot in places.values()]
        if "defect" in self._params.entities:
            fields.append(FieldInfo("links", "Linked entities", "links"))
        return tuple(fields)

    async def _field(self, slot: Slot, known: Customization) -> FieldInfo:
        choices: tuple[Choice, ...] = ()
        if slot.field.type == "Reference" and slot.kind in ("option", "options"):
            named = await releases(self._client)
            choices = tuple(Choice(name, number) for name, number in named.items())
        elif slot.field.type == "LookupList" and slot.kind != "boolean":
            paths = known.listed(slot.field).paths
            nested = slot.kind in ("cascading", "path")
            choices = tuple(Choice(path if nested else name, name) for name, path in paths.items())
        return FieldInfo(
            name=slot.name,
            label=slot.field.label,
            kind=slot.kind,
            required=slot.field.required,
            writable=slot.field.editable,
            choices=choices,
        )


def _types(kind: EntityType, known: Customization) -> list[Choice]:
    plain = PLAIN_TYPE[kind]
    own = [
        Choice(f"{plain} / {name}", id_) for id_, name in known.types.items() if id_ != UNDEFINED
    ]
    return [Choice(plain, kind), *own]
