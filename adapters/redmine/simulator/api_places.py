"""REST: projects, people, roles and the fixed lists."""

from typing import Any

from aiohttp import web

from adapters.redmine.simulator import catalogue, context
from adapters.redmine.simulator.model import ANONYMOUS, Refused
from adapters.redmine.simulator.shapes import refs, status
from adapters.simulation import json_reply


async def projects(request: web.Request) -> web.Response:
    state, shapes, user = context.state(request), context.shapes(request), context.user(request)
    include = context.include(request)
    found = [item for item in state.projects.values() if state.sees(item, user)]
    return _page(request, "projects", [shapes.project(item, include) for item in found])


async def project(request: web.Request) -> web.Response:
    found = context.state(request).project(request.match_info["project"], context.user(request))
    shaped = context.shapes(request).project(found, context.include(request))
    return json_reply({"project": shaped})


async def versions(request: web.Request) -> web.Response:
    found = context.state(request).project(request.match_info["project"], context.user(request))
    place = {"id": found.id, "name": found.name}
    shaped = [
        {"id": number, "project": place, "name": name, "status": "open", "sharing": "none"}
        for name, number in found.versions.items()
    ]
    return json_reply({"versions": shaped, "total_count": len(shaped)})


async def members(request: web.Request) -> web.Response:
    state = context.state(request)
    found = state.project(request.match_info["project"], context.user(request))
    shaped = [
        {
            "id": found.id * 100 + user.id,
            "project": {"id": found.id, "name": found.name},
            "user": {"id": user.id, "name": user.name},
            "roles": [{"id": 3, "name": user.role}],
        }
        for user in state.users.values()
    ]
    return _page(request, "memberships", shaped)


async def myself(request: web.Request) -> web.Response:
    user = context.user(request)
    if user is ANONYMOUS:
        raise Refused(401)
    shapes = context.shapes(request)
    shaped = shapes.user(user)
    if "memberships" in context.include(request):
        shaped["memberships"] = shapes.memberships(user)
    return json_reply({"user": shaped})


async def users(request: web.Request) -> web.Response:
    _administrators_only(request)
    words = request.query.get("name", "").casefold()
    found = [
        user
        for user in context.state(request).users.values()
        if words in f"{user.login} {user.name} {user.mail}".casefold()
    ]
    shapes = context.shapes(request)
    return _page(request, "users", [shapes.user(user) for user in found])


async def user(request: web.Request) -> web.Response:
    found = context.state(request).users.get(context.number(request, "user"))
    if found is None:
        raise Refused(404)
    return json_reply({"user": context.shapes(request).user(found)})


async def roles(request: web.Request) -> web.Response:
    return json_reply({"roles": refs(catalogue.ROLES)})


async def role(request: web.Request) -> web.Response:
    number = context.number(request, "role")
    name = catalogue.ROLES.get(number)
    if name is None:
        raise Refused(404)
    permissions = list(catalogue.PERMISSIONS.get(name, ()))
    return json_reply({"role": {"id": number, "name": name, "permissions": permissions}})


async def statuses(request: web.Request) -> web.Response:
    return json_reply({"issue_statuses": [status(number) for number in catalogue.STATUSES]})


async def trackers(request: web.Request) -> web.Response:
    shaped = [{**item, "default_status": {"id": 1, "name": "New"}} for item in _refs("trackers")]
    return json_reply({"trackers": shaped})


async def priorities(request: web.Request) -> web.Response:
    shaped = [{**item, "is_default": item["id"] == 2, "active": True} for item in _refs("priority")]
    return json_reply({"issue_priorities": shaped})


async def activities(request: web.Request) -> web.Response:
    shaped = [{**item, "is_default": False, "active": True} for item in _refs("activity")]
    return json_reply({"time_entry_activities": shaped})


async def custom_fields(request: web.Request) -> web.Response:
    _administrators_only(request)
    return json_reply({"custom_fields": [_field(item) for item in catalogue.FIELDS]})


def _refs(kind: str) -> list[dict[str, Any]]:
    known = {
        "trackers": catalogue.TRACKERS,
        "priority": catalogue.PRIORITIES,
        "activity": catalogue.ACTIVITIES,
    }
    return refs(known[kind])


def _field(field: catalogue.Field) -> dict[str, Any]:
    shaped: dict[str, Any] = {
        "id": field.id,
        "name": field.name,
        "customized_type": "issue",
        "field_format": field.format,
        "is_required": False,
        "multiple": field.multiple,
        "trackers": refs(catalogue.TRACKERS),
        "roles": [],
    }
    values: list[dict[str, str]] = [{"value": item, "label": item} for item in field.values]
    if field.format == "enumeration":
        values = [{"value": str(at), "label": n} for at, n in enumerate(field.values, start=1)]
    if field.format == "bool":
        values = [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}]
    return {**shaped, "possible_values": values} if values else shaped


def _administrators_only(request: web.Request) -> None:
    user = context.user(request)
    if not user.admin:
        raise Refused(401 if user is ANONYMOUS else 403)


def _page(request: web.Request, key: str, items: list[dict[str, Any]]) -> web.Response:
    offset, limit = context.page(request)
    answer = {
        key: items[offset : offset + limit],
        "total_count": len(items),
        "offset": offset,
        "limit": limit,
    }
    return json_reply(answer)


def routes() -> list[web.RouteDef]:
    place = "/projects/{project}"
    return [
        web.get("/projects.json", projects),
        web.get(place + ".json", project),
        web.get(place + "/versions.json", versions),
        web.get(place + "/memberships.json", members),
        web.get("/users/current.json", myself),
        web.get("/users.json", users),
        web.get("/users/{user}.json", user),
        web.get("/roles.json", roles),
        web.get("/roles/{role}.json", role),
        web.get("/issue_statuses.json", statuses),
        web.get("/trackers.json", trackers),
        web.get("/enumerations/issue_priorities.json", priorities),
        web.get("/enumerations/time_entry_activities.json", activities),
        web.get("/custom_fields.json", custom_fields),
    ]
