"""What a project's customization tells: fields, lists and types. Read as XML, which every version
has, and remembered for minutes."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec
from lxml import etree

from adapters.alm.client import AlmClient
from adapters.alm.ids import EntityType
from schemas.values import Millis

_KEPT = 10 * 60 * 1000
_TRUE = "true"
_WHAT = "read the customization"
PATH = " / "


class Field(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    label: str
    type: str
    """String, Memo, Number, Date, DateTime, LookupList, UsersList or Reference."""
    physical: str = ""
    size: int = 0
    """0 or less knows no limit."""
    required: bool = False
    editable: bool = True
    system: bool = False
    multi: bool = False
    verify: bool = False
    """False takes values that are not in the list."""
    list_id: str = ""


class Listed(msgspec.Struct, frozen=True):
    """A list. Of nested items ALM keeps the innermost name alone."""

    paths: Mapping[str, str]
    """Name -> where it stands in the list."""
    nested: bool = False


class Customization(msgspec.Struct, frozen=True):
    """Of one type of entity."""

    fields: Mapping[str, Field]
    lists: Mapping[str, Listed]
    types: Mapping[str, str] = {}
    """Of requirements: id -> name."""

    def listed(self, field: Field) -> Listed:
        return self.lists.get(field.list_id, Listed({}))

    @property
    def comments_field(self) -> str:
        """The memo of comments is named differently from type to type; its column is not."""
        ends = "_DEV_COMMENTS"
        named = (one.name for one in self.fields.values() if one.physical.endswith(ends))
        return next(named, "dev-comments")


class Customizations:
    def __init__(self, client: AlmClient, now: Callable[[], Millis]) -> None:
        self._client = client
        self._now = now
        self._kept: dict[EntityType, tuple[Customization, Millis]] = {}
        self._lists: tuple[Mapping[str, Listed], Millis] | None = None
        self._lock = asyncio.Lock()

    async def of(self, kind: EntityType) -> Customization:
        async with self._lock:
            known, until = self._kept.get(kind, (None, 0))
            if known is None or self._now() >= until:
                known = await self._read(kind)
                self._kept[kind] = (known, self._now() + _KEPT)
            return known

    def forget(self) -> None:
        self._kept.clear()
        self._lists = None

    async def _read(self, kind: EntityType) -> Customization:
        place = f"/customization/entities/{kind}"
        root = await self._client.xml(f"{place}/fields", "Fields", what=_WHAT)
        fields = (_field(item) for item in root.iterchildren("Field"))
        active = {field.name: field for field in fields if field is not None}
        types: dict[str, str] = {}
        if kind == "requirement":
            listed = await self._client.xml(f"{place}/types", "types", "Types", what=_WHAT)
            for item in listed.iterchildren():
                types[_attribute(item, "id")] = _attribute(item, "name")
        return Customization(active, await self._all_lists(), types)

    async def _all_lists(self) -> Mapping[str, Listed]:
        if self._lists is None or self._now() >= self._lists[1]:
            root = await self._client.xml("/customization/used-lists", "Lists", what=_WHAT)
            found = {item.findtext("Id") or "": _list(item) for item in root.iterchildren("List")}
            self._lists = (found, self._now() + _KEPT)
        return self._lists[0]


def _field(item: "etree._Element") -> Field | None:
    """None for a field that is switched off."""
    if _told(item, "Active") == "false":
        return None
    size = _told(item, "Size")
    return Field(
        name=item.get("Name", ""),
        label=item.get("Label", "") or item.get("Name", ""),
        type=_told(item, "Type"),
        physical=item.get("PhysicalName", ""),
        size=int(size) if size.isdigit() else 0,
        required=_told(item, "Required") == _TRUE,
        editable=_told(item, "Editable") == _TRUE,
        system=_told(item, "System") == _TRUE,
        multi=_told(item, "SupportsMultivalue") == _TRUE,
        verify=_told(item, "Verify") == _TRUE,
        list_id=_told(item, "List-Id"),
    )


def _list(item: "etree._Element") -> Listed:
    paths: dict[str, str] = {}
    waiting = [(child, "") for child in item.iterfind("Items/Item")]
    nested = False
    while waiting:
        current, above = waiting.pop(0)
        name = current.get("value", "")
        path = above + name
        paths.setdefault(name, path)
        below = [*current.iterchildren("Item"), *current.iterfind("Items/Item")]
        nested = nested or bool(below)
        waiting.extend((child, path + PATH) for child in below)
    return Listed(paths, nested)


def _told(item: "etree._Element", name: str) -> str:
    return (item.findtext(name) or "").strip()


def _attribute(item: "etree._Element", name: str) -> str:
    return item.get(name) or item.get(name.capitalize()) or _told(item, name.capitalize())
