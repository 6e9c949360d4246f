"""The attributes that a workspace gives its types, custom ones too, and their allowed values."""

import asyncio
from collections.abc import Mapping

import msgspec

from adapters.rally import query, wire
from adapters.rally.client import RallyClient
from adapters.rally.kinds import BESIDE, KINDS, Kind, status_of
from adapters.rally.memory import Memory
from adapters.rally.params import RallyParams
from adapters.rally.wire import Item
from adapters.rally.workspace import Workspace
from schemas.metadata import FieldKind

_WHAT = "read the definition of its types"
_ATTRIBUTES = (
    "ElementName,Name,AttributeType,AllowedValueType,AllowedValues,Constrained,Custom,Hidden,"
    "MaxLength,ReadOnly,Required,SchemaType,StringValue"
)
_KINDS: dict[str, FieldKind] = {
    "STRING": "text",
    "TEXT": "rich_text",
    "INTEGER": "number",
    "DECIMAL": "number",
    "QUANTITY": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "RATING": "option",
    "STATE": "option",
    "WEB_LINK": "url",
}
_OBJECTS: dict[str, FieldKind] = {"user": "user", "flowstate": "option"}
_ALLOWED = "AllowedAttributeValue"

FETCHED = (
    "ObjectID,ObjectUUID,FormattedID,Name,VersionId,LastUpdateDate,Project,Description,Owner,"
    "SubmittedBy,CreatedBy,Resolution,Priority,Tags,Milestones,Release,Iteration,TargetDate,"
    "Requirement,Parent,WorkProduct,Duplicates,Predecessors,Successors,Estimate,ToDo,Actuals,"
    "Discussion,Attachments,DisplayName,EmailAddress,UserName"
)
"""The last three belong to the users, whom Rally fills in by the same list."""


class Attribute(msgspec.Struct, frozen=True):
    name: str
    label: str
    kind: FieldKind | None
    """None for what no field holds, such as a reference to a build."""
    custom: bool
    required: bool
    read_only: bool
    hidden: bool
    allowed: str | tuple[str, ...]
    """The values themselves, or where they are listed; () for anything."""


Attributes = Mapping[str, Attribute]


class Schema:
    def __init__(
        self, client: RallyClient, params: RallyParams, workspace: Workspace, memory: Memory
    ) -> None:
        self._client = client
        self._params = params
        self._workspace = workspace
        self._memory = memory
        self._lock = asyncio.Lock()

    async def attributes(self, kind: Kind) -> Attributes:
        async with self._lock:
            known = await self._memory.get("types", self._types)
        return known[kind.element]

    def beside(self, kind: Kind, attributes: Attributes) -> tuple[Attribute, ...]:
        """Those that are fields under their own names."""
        elsewhere = {status_of(kind, self._params), self._params.marker_field}
        return tuple(
            one
            for one in attributes.values()
            if one.kind is not None
            and not one.hidden
            and (one.custom or one.name in BESIDE)
            and one.name not in elsewhere
        )

    async def fetch(self) -> str:
        """What a read asks for; one list does for all types."""
        names = dict.fromkeys(FETCHED.split(","))
        for kind in KINDS:
            attributes = await self.attributes(kind)
            names.update((name, None) for name in BESIDE if name in attributes)
            names.update((one.name, None) for one in attributes.values() if one.custom)
        return ",".join(names)

    async def choices(self, attribute: Attribute) -> Mapping[str, str]:
        """Name -> reference, which is '' where Rally takes the name itself. {} allows anything."""
        place = attribute.allowed
        if isinstance(place, tuple):
            return dict.fromkeys(place, "")

        async def ask() -> Mapping[str, str]:
            found = await self._client.find_all(
                str(place), {"fetch": "StringValue,ObjectID"}, what="list the allowed values"
            )
            named = ((_value(item), wire.ref(item)) for item in found)
            return {name: ref for name, ref in named if name}

        return await self._memory.get(("choices", place), ask)

    async def renewed(self, kind: Kind, attribute: Attribute) -> Attribute:
        """Asked anew, for a value may just have been added."""
        self._memory.forget("types", ("choices", attribute.allowed))
        return (await self.attributes(kind)).get(attribute.name, attribute)

    async def _types(self) -> dict[str, Attributes]:
        wanted = query.any_of(*(query.text("ElementName", "=", kind.element) for kind in KINDS))
        scope = await self._workspace.scope()
        asked = {"query": wanted, "fetch": "ElementName,Attributes", **scope}
        found = await self._client.find_all("/typedefinition", asked, what=_WHAT)
        types = {str(item.get("ElementName")): item for item in found}
        return {kind.element: await self._attributes_of(types.get(kind.element)) for kind in KINDS}

    async def _attributes_of(self, definition: Item | None) -> Attributes:
        if definition is None:
            return {}
        place = wire.ref(definition) + "/Attributes"
        found = await self._client.find_all(place, {"fetch": _ATTRIBUTES}, what=_WHAT)
        return {one.name: one for one in map(_attribute, found)}


def _attribute(item: Item) -> Attribute:
    return Attribute(
        name=str(item.get("ElementName", "")),
        label=str(item.get("Name") or item.get("ElementName", "")),
        kind=_kind(item),
        custom=bool(item.get("Custom")),
        required=bool(item.get("Required")),
        read_only=bool(item.get("ReadOnly")),
        hidden=bool(item.get("Hidden")),
        allowed=_allowed(item),
    )


def _kind(item: Item) -> FieldKind | None:
    shape = str(item.get("AttributeType", ""))
    allowed_type = wire.name(item.get("AllowedValueType"))
    if shape == "COLLECTION":
        return "options" if _ALLOWED.casefold() in _squeezed(allowed_type) else None
    if shape == "OBJECT":
        return _OBJECTS.get(_squeezed(str(item.get("SchemaType") or allowed_type)))
    if shape == "STRING" and (item.get("Constrained") or _squeezed(allowed_type)):
        return "option"
    return _KINDS.get(shape)


def _squeezed(text: str) -> str:
    return text.replace(" ", "").casefold()


def _allowed(item: Item) -> str | tuple[str, ...]:
    held = item.get("AllowedValues")
    if isinstance(held, list):
        return tuple(name for one in held if (name := _value(one)))
    if isinstance(held, dict) and wire.count(item, "AllowedValues"):
        return wire.ref(held)
    return ()


def _value(item: Item) -> str:
    return wire.texts(item, "StringValue", "LocalizedStringValue")
