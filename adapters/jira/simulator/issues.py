"""REST: issues, their transitions, properties and links, and the search."""

from typing import Any

from aiohttp import web

from adapters.jira.simulator import catalogue, context, jql
from adapters.jira.simulator.model import Issue, Refused
from adapters.simulation import json_reply

_TIME = ("worklog", "timetracking", "timeoriginalestimate", "timeestimate", "timespent")


async def create(request: web.Request) -> web.Response:
    state = context.state(request)
    issue = state.create(await context.body(request), state.me)
    address = f"{context.shapes(request).rest}/issue/{issue.id}"
    return json_reply({"id": issue.id, "key": issue.key, "self": address}, 201)


async def read(request: web.Request) -> web.Response:
    issue = context.issue(request)
    shaped = shape_of(request, issue, context.names(request, "fields"))
    if "changelog" in context.names(request, "expand"):
        shaped["changelog"] = context.shapes(request).changelog(issue)
    return json_reply(shaped)


async def edit(request: web.Request) -> web.Response:
    state = context.state(request)
    issue = context.issue(request)
    state.edit(issue, await context.body(request), state.me)
    return web.Response(status=204)


async def delete(request: web.Request) -> web.Response:
    state = context.state(request)
    state.delete(context.issue(request), state.me)
    return web.Response(status=204)


async def assign(request: web.Request) -> web.Response:
    state, body = context.state(request), await context.body(request)
    state.edit(context.issue(request), {"fields": {"assignee": body}}, state.me)
    return web.Response(status=204)


async def transitions(request: web.Request) -> web.Response:
    shapes, issue = context.shapes(request), context.issue(request)
    shaped = [shapes.transition(item) for item in catalogue.leaving(issue.status)]
    if "transitions.fields" not in context.names(request, "expand"):
        for item in shaped:
            item.pop("fields")
    return json_reply({"expand": "transitions", "transitions": shaped})


async def transit(request: web.Request) -> web.Response:
    state = context.state(request)
    issue = context.issue(request)
    state.transit(issue, await context.body(request), state.me)
    return web.Response(status=204)


async def read_property(request: web.Request) -> web.Response:
    key = request.match_info["property"]
    held = context.issue(request).properties
    if key not in held:
        raise Refused(404, f"The property '{key}' does not exist.")
    return json_reply({"key": key, "value": held[key]})


async def add_link(request: web.Request) -> web.Response:
    issue, body = context.issue(request), await context.body(request)
    target = body.get("object") or {}
    if not target.get("url") or not target.get("title"):
        raise Refused(400, errors={"title": "'title' is required."})
    number = str(len(issue.links) + 1)
    known = body.get("globalId") in issue.links
    issue.links[body.get("globalId") or number] = body
    address = f"{context.shapes(request).rest}/issue/{issue.id}/remotelink/{number}"
    return json_reply({"id": int(number), "self": address}, 200 if known else 201)


async def search_by_query(request: web.Request) -> web.Response:
    wanted = {
        "jql": request.query.get("jql", ""),
        "startAt": context.number(request, "startAt", 0),
        "maxResults": context.number(request, "maxResults", 50),
        "fields": context.names(request, "fields"),
        "properties": context.names(request, "properties"),
    }
    return _search(request, wanted)


async def search_by_body(request: web.Request) -> web.Response:
    return _search(request, await context.body(request))


def _search(request: web.Request, wanted: dict[str, Any]) -> web.Response:
    state = context.state(request)
    found = jql.search(
        wanted.get("jql") or "",
        state.issues.values(),
        state.me,
        set(state.projects),
        state.indexed,
        state.config.utc_offset,
    )
    start = int(wanted.get("startAt") or 0)
    size = min(int(wanted.get("maxResults", 50)), state.config.page_cap)
    page = found[start : start + size]
    shaped = []
    for issue in page:
        item = shape_of(request, issue, wanted.get("fields") or ["*navigable", "-comment"])
        keys = wanted.get("properties") or ()
        if keys and state.config.search_properties:
            item["properties"] = {
                key: issue.properties[key] for key in keys if key in issue.properties
            }
        shaped.append(item)
    answer = {
        "expand": "schema,names",
        "startAt": start,
        "maxResults": size,
        "total": len(found),
        "issues": shaped,
    }
    return json_reply(answer)


def shape_of(request: web.Request, issue: Issue, wanted: list[str]) -> dict[str, Any]:
    state = context.state(request)
    shaped = context.shapes(request).issue(
        issue,
        wanted,
        embedded=state.config.embedded_comments,
        comment_properties=state.config.embed_comment_properties,
        links=state.linked(issue),
        parent=state.issues.get(issue.parent or ""),
    )
    if not state.config.time_tracking:
        for name in _TIME:
            shaped["fields"].pop(name, None)
    keys = context.names(request, "properties") if request.method == "GET" else []
    if keys:
        held = issue.properties
        shaped["properties"] = {key: held[key] for key in keys if key in held}
    return shaped


def routes() -> list[web.RouteDef]:
    one = "/rest/api/2/issue/{key}"
    return [
        web.post("/rest/api/2/issue", create),
        web.get(one, read),
        web.put(one, edit),
        web.delete(one, delete),
        web.put(one + "/assignee", assign),
        web.get(one + "/transitions", transitions),
        web.post(one + "/transitions", transit),
        web.get(one + "/properties/{property}", read_property),
        web.post(one + "/remotelink", add_link),
        web.get("/rest/api/2/search", search_by_query),
        web.post("/rest/api/2/search", search_by_body),
    ]
