"""ALM's entities as Structs, in both of its formats."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from lxml import etree

from adapters.alm.params import Format
from adapters.http import Decoder

FieldValues = tuple[tuple[str, tuple[str, ...]], ...]
"""What is to be written, in a fixed order: ALM's reader of JSON minds it."""

MEDIA: dict[Format, str] = {"json": "application/json", "xml": "application/xml"}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
_NOT_XML = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]
)

_encode = msgspec.json.Encoder().encode


class Held(msgspec.Struct, frozen=True):
    text: str
    shown: str = ""
    """What people see of a reference to another entity."""


class Entity(msgspec.Struct, frozen=True):
    type: str
    fields: Mapping[str, tuple[Held, ...]]

    def text(self, name: str) -> str:
        """The first value, '' when there is none."""
        return next((held.text for held in self.fields.get(name, ())), "")

    @property
    def id(self) -> str:
        return self.text("id")

    @property
    def version(self) -> int:
        text = self.text("ver-stamp")
        return int(text) if text.isdigit() else 0


class Entities(msgspec.Struct, frozen=True):
    items: tuple[Entity, ...]
    total: int


class _JsonValue(msgspec.Struct):
    value: Any = None
    reference: Any = msgspec.field(name="ReferenceValue", default=None)


class _JsonField(msgspec.Struct):
    name: str = msgspec.field(name="Name")
    values: tuple[_JsonValue, ...] = ()


class _JsonEntity(msgspec.Struct):
    fields: tuple[_JsonField, ...] = msgspec.field(name="Fields")
    type: str = msgspec.field(name="Type", default="")


class _JsonEntities(msgspec.Struct):
    entities: tuple[_JsonEntity, ...]
    total: int = msgspec.field(name="TotalResults", default=0)


class _JsonEither(msgspec.Struct):
    entities: tuple[_JsonEntity, ...] | None = None
    fields: tuple[_JsonField, ...] | None = msgspec.field(name="Fields", default=None)
    type: str = msgspec.field(name="Type", default="")


_entity = msgspec.json.Decoder(_JsonEntity)
_entities = msgspec.json.Decoder(_JsonEntities)
_either = msgspec.json.Decoder(_JsonEither)


class _OneJson:
    def decode(self, body: bytes, /) -> Entity:
        return _from_json(_entity.decode(body))


class _ManyJson:
    def decode(self, body: bytes, /) -> Entities:
        found = _entities.decode(body)
        return Entities(tuple(map(_from_json, found.entities)), found.total)


class _MadeJson:
    def decode(self, body: bytes, /) -> Entity:
        found = _either.decode(body)
        if found.fields is not None:
            return _from_json(_JsonEntity(found.fields, found.type))
        if found.entities:
            return _from_json(found.entities[0])
        raise msgspec.DecodeError("no entity")


class XmlDecoder:
    """Any answer in XML whose root is one of those."""

    def __init__(self, *roots: str) -> None:
        self._roots = roots

    def decode(self, body: bytes, /) -> "etree._Element":
        try:
            root = etree.fromstring(body, _PARSER)
        except etree.XMLSyntaxError as error:
            raise msgspec.DecodeError(str(error)) from error
        if root.tag not in self._roots:
            raise msgspec.DecodeError(f"unexpected {root.tag}")
        return root


class _OneXml:
    _xml = XmlDecoder("Entity")

    def decode(self, body: bytes, /) -> Entity:
        return _from_xml(self._xml.decode(body))


class _ManyXml:
    _xml = XmlDecoder("Entities")

    def decode(self, body: bytes, /) -> Entities:
        root = self._xml.decode(body)
        items = tuple(map(_from_xml, root.iterchildren("Entity")))
        total = root.get("TotalResults", "")
        return Entities(items, int(total) if total.isdigit() else len(items))


class _MadeXml:
    _xml = XmlDecoder("Entity", "Entities")

    def decode(self, body: bytes, /) -> Entity:
        root = self._xml.decode(body)
        made = root if root.tag == "Entity" else root.find("Entity")
        if made is None:
            raise msgspec.DecodeError("no entity")
        return _from_xml(made)


ONE: dict[Format, Decoder[Entity]] = {"json": _OneJson(), "xml": _OneXml()}
MANY: dict[Format, Decoder[Entities]] = {"json": _ManyJson(), "xml": _ManyXml()}
MADE: dict[Format, Decoder[Entity]] = {"json": _MadeJson(), "xml": _MadeXml()}
"""An upload is answered by the attachment or by a list with it, depending on the version."""


def encode(kind: str, fields: FieldValues, form: Format) -> bytes:
    cleaned = (
        (name, [text.translate(_NOT_XML) for text in texts or ("",)]) for name, texts in fields
    )
    return _to_json(kind, cleaned) if form == "json" else _to_xml(kind, cleaned)


def _to_json(kind: str, fields: Iterable[tuple[str, list[str]]]) -> bytes:
    shaped = [
        {"Name": name, "values": [{"value": text} for text in texts]} for name, texts in fields
    ]
    return _encode({"Fields": shaped, "Type": kind})


def _to_xml(kind: str, fields: Iterable[tuple[str, list[str]]]) -> bytes:
    root = etree.Element("Entity", Type=kind)
    place = etree.SubElement(root, "Fields")
    for name, texts in fields:
        field = etree.SubElement(place, "Field", Name=name)
        for text in texts:
            etree.SubElement(field, "Value").text = text
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _from_json(found: _JsonEntity) -> Entity:
    """An empty field is `[{}]`, `[]` or a null."""
    fields = {
        field.name: tuple(
            Held(str(item.value), "" if item.reference is None else str(item.reference))
            for item in field.values
            if item.value not in (None, "")
        )
        for field in found.fields
    }
    return Entity(found.type, fields)


def _from_xml(found: "etree._Element") -> Entity:
    fields = {
        field.get("Name", ""): tuple(
            Held(value.text, value.get("ReferenceValue", ""))
            for value in field.iterchildren("Value")
            if value.text
        )
        for field in found.iterfind("Fields/Field")
    }
    return Entity(found.get("Type", ""), fields)
