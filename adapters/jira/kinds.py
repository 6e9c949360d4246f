"""Which neutral kind a custom field has, told by the schema that Jira gives of it."""

from adapters.jira.answers import FieldSchema
from schemas.metadata import FieldKind

EPIC_LINK = "gh-epic-link"
SPRINT = "gh-sprint"

_BY_CUSTOM_TYPE: dict[str, FieldKind] = {
    "textfield": "text",
    "textarea": "rich_text",
    "float": "number",
    "datepicker": "date",
    "datetime": "datetime",
    "select": "option",
    "radiobuttons": "option",
    "multiselect": "options",
    "multicheckboxes": "options",
    "cascadingselect": "cascading",
    "userpicker": "user",
    "multiuserpicker": "users",
    "url": "url",
    "labels": "labels",
    "version": "option",
    "multiversion": "options",
    "grouppicker": "option",
    "multigrouppicker": "options",
    EPIC_LINK: "issue",
    SPRINT: "options",
}
_BY_TYPE: dict[str, FieldKind] = {
    "string": "text",
    "number": "number",
    "date": "date",
    "datetime": "datetime",
    "option": "option",
    "option-with-child": "cascading",
    "user": "user",
    "version": "option",
    "group": "option",
    "priority": "option",
    "component": "option",
}
_OF_ITEMS: dict[str, FieldKind] = {"user": "users", "string": "labels"}
_SETS = ("option", "version", "group", "component")
_READ_ONLY = ("readonlyfield", "importid", SPRINT)
_NO_CONTENT = ("gh-lexo-rank", "devsummarycf", "devsummary", "viewissue", "lastcommentdate")
"""Jira's own book-keeping: what stands there differs without anybody having written."""


def custom_type(schema: FieldSchema) -> str:
    return schema.custom.rpartition(":")[2]


def kind_of(schema: FieldSchema) -> FieldKind | None:
    """None where the schema does not tell, as with fields of many add-ons."""
    named = _BY_CUSTOM_TYPE.get(custom_type(schema))
    if named is not None:
        return named
    if schema.type == "array":
        return "options" if schema.items in _SETS else _OF_ITEMS.get(schema.items)
    return _BY_TYPE.get(schema.type)


def has_content(schema: FieldSchema) -> bool:
    return custom_type(schema) not in _NO_CONTENT


def is_writable(schema: FieldSchema) -> bool:
    return custom_type(schema) not in _READ_ONLY
