"""Answers of a simulated ALM, in both formats."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from lxml import etree

from adapters.alm.simulator import catalogue
from adapters.alm.simulator.model import Attachment, Entity, Link, QcError
from adapters.alm.simulator.state import State

Row = tuple[str, dict[str, list[str]]]
"""A type, and the values of its fields."""

_encode = msgspec.json.Encoder().encode
_REFERENCES = {"target-rel": catalogue.RELEASES, "type-id": catalogue.REQUIREMENT_TYPES}


def row(state: State, entity: Entity) -> Row:
    known = [field.name for field in catalogue.FIELDS[entity.type]]
    values = {name: entity.values.get(name, []) for name in known}
    values |= {
        "id": [str(entity.id)],
        "ver-stamp": [str(entity.version)],
        "last-modified": [state.local(entity.modified)],
        "attachment": ["Y" if state.files_of(entity) else "N"],
        "has-linkage": ["Y" if state.linked(entity) else "N"],
    }
    if "vc-status" in values and state.config.versioned:
        out = entity.checked_out_by
        values["vc-status"] = ["Checked_Out" if out else "Checked_In"]
        values["vc-checkout-user-name"] = [out] if out else []
        values["vc-version-number"] = [str(entity.vc_version)]
    return entity.type, values


def file_row(state: State, item: Attachment) -> Row:
    return "attachment", {
        "id": [str(item.id)],
        "name": [item.name],
        "file-size": [str(item.size)],
        "description": [item.description] if item.description else [],
        "last-modified": [state.local(item.modified)],
        "parent-id": [str(item.owner[1])],
        "parent-type": [item.owner[0]],
        "ref-type": ["File"],
    }


def link_row(state: State, link: Link) -> Row:
    return "defect-link", {
        "id": [str(link.id)],
        "first-endpoint-id": [str(link.first)],
        "second-endpoint-id": [str(link.second)],
        "second-endpoint-type": [link.second_type],
        "owner": [link.owner],
        "creation-time": [state.local(link.created)[:10]],
        "comment": [],
    }


def projected(rows: Iterable[Row], fields: str) -> list[Row]:
    wanted = [name for name in fields.split(",") if name]
    if not wanted:
        return list(rows)
    return [(kind, {n: v for n, v in values.items() if n in wanted}) for kind, values in rows]


def one(found: Row, form: str) -> bytes:
    return _encode(_json(found)) if form == "json" else _written(_xml(found))


def many(rows: Sequence[Row], total: int, form: str) -> bytes:
    if form == "json":
        return _encode({"entities": list(map(_json, rows)), "TotalResults": total})
    root = etree.Element("Entities", TotalResults=str(total))
    root.extend(map(_xml, rows))
    return _written(root)


def error(refused: QcError, form: str) -> bytes:
    if form == "json":
        body = {
            "Id": refused.id,
            "Title": refused.title,
            "ExceptionProperties": None,
            "StackTrace": None,
        }
        return _encode(body)
    root = etree.Element("QCRestException")
    for name, text in (("Id", refused.id), ("Title", refused.title)):
        etree.SubElement(root, name).text = text
    return _written(root)


def audits(state: State, entity: Entity) -> bytes:
    root = etree.Element("Audits", TotalResults=str(len(entity.audits)))
    for audit in entity.audits:
        place = etree.SubElement(root, "Audit")
        told = (
            ("Id", str(audit.id)),
            ("Action", "UPDATE"),
            ("ParentId", str(entity.id)),
            ("ParentType", entity.type),
            ("Time", state.local(audit.at)),
            ("User", audit.user),
        )
        for name, text in told:
            etree.SubElement(place, name).text = text
        properties = etree.SubElement(place, "Properties")
        for name, label, old, new in audit.changes:
            change = etree.SubElement(properties, "Property", Label=label, Name=name)
            etree.SubElement(change, "NewValue").text = new
            etree.SubElement(change, "OldValue").text = old
    return _written(root)


def _json(found: Row) -> dict[str, Any]:
    kind, values = found
    fields = [{"Name": name, "values": _values(name, texts)} for name, texts in values.items()]
    return {"Fields": fields, "Type": kind, "children-count": 0}


def _values(name: str, texts: list[str]) -> list[dict[str, str]]:
    """What is empty is sometimes a list of nothing, and sometimes no list."""
    if not texts:
        return [{}] if len(name) % 2 else []
    names = _REFERENCES.get(name, {})
    return [
        {"value": text, "ReferenceValue": names[text]} if text in names else {"value": text}
        for text in texts
    ]


def _xml(found: Row) -> "etree._Element":
    kind, values = found
    root = etree.Element("Entity", Type=kind)
    place = etree.SubElement(root, "Fields")
    for name, texts in values.items():
        field = etree.SubElement(place, "Field", Name=name)
        names = _REFERENCES.get(name, {})
        for text in texts:
            more = {"ReferenceValue": names[text]} if text in names else {}
            etree.SubElement(field, "Value", more).text = text
    return root


def _written(root: "etree._Element") -> bytes:
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return written
