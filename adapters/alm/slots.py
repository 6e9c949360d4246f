"""Which field of ALM stands for which of our words, and what kind of value it holds."""

from collections.abc import Mapping

import msgspec

from adapters.alm.customization import Customization, Field
from adapters.alm.ids import EntityType
from adapters.alm.params import AlmParams
from schemas.metadata import FieldKind

STANDARD: Mapping[EntityType, Mapping[str, str]] = {
    "defect": {
        "summary": "name",
        "description": "description",
        "status": "status",
        "priority": "priority",
        "assignee": "owner",
        "reporter": "detected-by",
        "components": "project",
        "affected_versions": "detection-version",
        "fix_versions": "planned-closing-ver",
        "milestone": "target-rel",
        "estimate": "estimated-fix-time",
        "spent": "actual-fix-time",
    },
    "requirement": {
        "summary": "name",
        "description": "description",
        "status": "req-reviewed",
        "priority": "req-priority",
        "reporter": "owner",
        "components": "req-product",
        "fix_versions": "target-rel",
        "parent": "parent-id",
    },
    "test": {
        "summary": "name",
        "description": "description",
        "status": "status",
        "assignee": "owner",
    },
}
KINDS: Mapping[str, FieldKind] = {
    "summary": "text",
    "description": "rich_text",
    "status": "option",
    "resolution": "option",
    "priority": "option",
    "type": "option",
    "labels": "labels",
    "components": "options",
    "affected_versions": "options",
    "fix_versions": "options",
    "milestone": "option",
    "area": "path",
    "iteration": "path",
    "assignee": "user",
    "reporter": "user",
    "due": "date",
    "estimate": "duration",
    "remaining": "duration",
    "spent": "duration",
    "parent": "issue",
}
SETS: tuple[FieldKind, ...] = ("options", "labels", "users")
_OF_TYPE: Mapping[str, FieldKind] = {
    "String": "text",
    "Memo": "rich_text",
    "Number": "number",
    "Date": "date",
    "DateTime": "datetime",
}
_YES_NO = {"Y", "N"}
_OURS = frozenset({"id", "type-id", "parent-id", "attachment", "last-modified", "ver-stamp"})
"""Told by other means, or nobody's to write."""


class Slot(msgspec.Struct, frozen=True):
    name: str
    kind: FieldKind
    field: Field


def slots(kind: EntityType, params: AlmParams, known: Customization) -> dict[str, Slot]:
    """By our name. What ALM's people have added keeps ALM's name, such as `user-05`."""
    wanted = {**STANDARD[kind], **params.fields}
    found = {
        name: Slot(
            name, KINDS.get(name) or kind_of(known.fields[field], known), known.fields[field]
        )
        for name, field in wanted.items()
        if field in known.fields
    }
    taken = {slot.field.name for slot in found.values()} | _OURS
    taken |= {known.comments_field, params.marker_field, params.source_field}
    for field in known.fields.values():
        if field.editable and field.type != "Reference" and not _taken(field.name, taken):
            found[field.name] = Slot(field.name, kind_of(field, known), field)
    return found


def kind_of(field: Field, known: Customization) -> FieldKind:
    if field.type == "UsersList":
        return "users" if field.multi else "user"
    if field.type == "LookupList":
        listed = known.listed(field)
        if field.multi:
            return "options"
        if set(listed.paths) == _YES_NO:
            return "boolean"
        return "cascading" if listed.nested else "option"
    return _OF_TYPE.get(field.type, "text")


def _taken(name: str, taken: set[str]) -> bool:
    return name in taken or name in KINDS or name.startswith("vc-")
