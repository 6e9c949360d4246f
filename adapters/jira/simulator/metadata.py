"""REST: which fields there are, and what can be written when an issue is made."""

from typing import Any

from aiohttp import web

from adapters.jira.simulator import catalogue, context, custom_fields
from adapters.jira.simulator.custom_fields import EPIC_LINK, RANK, CustomField
from adapters.jira.simulator.directory import find_project
from adapters.jira.simulator.model import Refused
from adapters.simulation import json_reply

_OWN: dict[str, tuple[str, dict[str, str]]] = {
    "summary": ("Summary", {"type": "string"}),
    "issuetype": ("Issue Type", {"type": "issuetype"}),
    "description": ("Description", {"type": "string"}),
    "environment": ("Environment", {"type": "string"}),
    "priority": ("Priority", {"type": "priority"}),
    "labels": ("Labels", {"type": "array", "items": "string"}),
    "assignee": ("Assignee", {"type": "user"}),
    "reporter": ("Reporter", {"type": "user"}),
    "duedate": ("Due Date", {"type": "date"}),
    "components": ("Component/s", {"type": "array", "items": "component"}),
    "fixVersions": ("Fix Version/s", {"type": "array", "items": "version"}),
    "versions": ("Affects Version/s", {"type": "array", "items": "version"}),
    "timetracking": ("Time Tracking", {"type": "timetracking"}),
    "issuelinks": ("Linked Issues", {"type": "array", "items": "issuelinks"}),
    "attachment": ("Attachment", {"type": "array", "items": "attachment"}),
}
_ALLOWED = {
    "priority": ("priority", catalogue.PRIORITIES),
    "components": ("component", catalogue.COMPONENTS),
    "fixVersions": ("version", catalogue.VERSIONS),
    "versions": ("version", catalogue.VERSIONS),
    "issuetype": ("issuetype", catalogue.TYPES),
}
_REQUIRED = ("summary", "issuetype", "reporter")
_SETS = ["add", "set", "remove"]


async def fields(request: web.Request) -> web.Response:
    own = [_shaped(key, name, [key], schema) for key, (name, schema) in _OWN.items()]
    for place, (_, schema) in enumerate(_OWN.values()):
        own[place]["schema"] = {**schema, "system": own[place]["id"]}
    custom = [
        {**_shaped(key, field.name, [field.name], field.schema(key)), "custom": True}
        for key, field in _custom(request).items()
    ]
    return json_reply([*own, *custom])


def _shaped(key: str, name: str, clauses: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": key,
        "key": key,
        "name": name,
        "custom": False,
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": clauses,
        "schema": schema,
    }


async def types(request: web.Request) -> web.Response:
    _told_by_type(request)
    find_project(request, request.match_info["project"])
    shapes = context.shapes(request)
    return _paged(request, [shapes.issue_type(name) for name in catalogue.TYPES])


async def screen(request: web.Request) -> web.Response:
    _told_by_type(request)
    find_project(request, request.match_info["project"])
    names = {number: name for name, number in catalogue.TYPES.items()}
    if request.match_info["type"] not in names:
        raise Refused(404, "Issue type is not valid.")
    found = screen_of(request, names[request.match_info["type"]])
    return _paged(request, [{**field, "fieldId": key} for key, field in found.items()])


async def everything(request: web.Request) -> web.Response:
    """As servers before 8.4 tell it."""
    shapes = context.shapes(request)
    keys = context.names(request, "projectKeys")
    projects = [
        {
            **shapes.project(each),
            "issuetypes": [
                {**shapes.issue_type(name), "fields": screen_of(request, name)}
                for name in catalogue.TYPES
            ],
        }
        for each in context.state(request).projects.values()
        if each.key in keys
    ]
    return json_reply({"expand": "projects", "projects": projects})


async def edit_screen(request: web.Request) -> web.Response:
    """Fields with a place there alone among them."""
    issue = context.issue(request)
    alone = context.state(request).config.edit_screen_only
    shown = screen_of(request, issue.type, without=())
    taken = ("reporter", "parent")
    fields = {key: field for key, field in shown.items() if key not in taken or key in alone}
    return json_reply({"fields": fields})


def _told_by_type(request: web.Request) -> None:
    if not context.state(request).config.create_meta_by_type:
        raise Refused(404, "Issue Does Not Exist")


def _paged(request: web.Request, values: list[Any]) -> web.Response:
    cap = context.state(request).config.page_cap
    start = context.number(request, "startAt", 0)
    size = min(context.number(request, "maxResults", 50), cap)
    page = values[start : start + size]
    answer = {
        "maxResults": size,
        "startAt": start,
        "total": len(values),
        "isLast": start + size >= len(values),
        "values": page,
    }
    return json_reply(answer)


def screen_of(
    request: web.Request, type_name: str, without: tuple[str, ...] | None = None
) -> dict[str, dict[str, Any]]:
    """Without what stands on the screen for edits alone, unless told otherwise."""
    shown = {key: _own(request, key) for key in _OWN}
    if type_name == catalogue.SUB_TASK:
        shown["parent"] = field_shape("parent", "Parent", {"type": "issuelink"}, required=True)
    for key, field in _custom(request).items():
        if field.writable and (key != EPIC_LINK or type_name != catalogue.EPIC):
            shown[key] = _custom_field(request, key, field)
    alone = context.state(request).config.edit_screen_only if without is None else without
    return {key: field for key, field in shown.items() if key not in alone}


def _custom(request: web.Request) -> dict[str, CustomField]:
    epics = context.state(request).config.epics
    return {
        key: field
        for key, field in custom_fields.FIELDS.items()
        if epics or key not in (EPIC_LINK, RANK)
    }


def _own(request: web.Request, key: str) -> dict[str, Any]:
    name, schema = _OWN[key]
    field = field_shape(key, name, {**schema, "system": key}, required=key in _REQUIRED)
    if key in _ALLOWED:
        kind, names = _ALLOWED[key]
        shapes = context.shapes(request)
        field["allowedValues"] = [shapes.named(kind, names, each) for each in names]
    return field


def _custom_field(request: web.Request, key: str, field: CustomField) -> dict[str, Any]:
    shaped = field_shape(key, field.name, field.schema(key))
    if field.options:
        shaped["allowedValues"] = [_option(field, name) for name in field.options]
    return shaped


def _option(field: CustomField, name: str) -> dict[str, Any]:
    number = custom_fields.option_id(field, name)
    option: dict[str, Any] = {"id": number, "value": name}
    if field.children:
        option["children"] = [
            {"id": f"{number}{place}", "value": child}
            for place, child in enumerate(field.children.get(name, ()))
        ]
    return option


def field_shape(
    key: str, name: str, schema: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    return {
        "required": required,
        "schema": schema,
        "name": name,
        "key": key,
        "hasDefaultValue": key == "reporter",
        "operations": _SETS if schema["type"] == "array" else ["set"],
    }


def routes() -> list[web.RouteDef]:
    rest = "/rest/api/2"
    meta = rest + "/issue/createmeta"
    return [
        web.get(rest + "/field", fields),
        web.get(rest + "/issue/{key}/editmeta", edit_screen),
        web.get(meta, everything),
        web.get(meta + "/{project}/issuetypes", types),
        web.get(meta + "/{project}/issuetypes/{type}", screen),
    ]
