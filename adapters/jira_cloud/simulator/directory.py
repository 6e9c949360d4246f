"""REST: what only Jira Cloud tells, or tells in its own way."""

from collections.abc import Collection
from typing import Any

from aiohttp import web

from adapters.jira.simulator import catalogue, context, hooks, metadata
from adapters.jira.simulator.directory import find_project
from adapters.jira.simulator.model import Refused, User
from adapters.jira_cloud.simulator.media import MediaHost
from adapters.jira_cloud.simulator.shapes import CloudShapes
from adapters.jira_cloud.simulator.state import cloud
from adapters.simulation import json_reply

MEDIA: web.AppKey[MediaHost] = web.AppKey("media", MediaHost)
_MOST_COMMENTS = 1000


def shapes(request: web.Request) -> CloudShapes:
    found = context.shapes(request)
    assert isinstance(found, CloudShapes)
    return found


async def server(request: web.Request) -> web.Response:
    answer = {
        "baseUrl": shapes(request).url,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100300,
        "serverTitle": "Simulated Jira",
    }
    return json_reply(answer)


async def tenant(request: web.Request) -> web.Response:
    return json_reply({"cloudId": cloud(request).cloud_config.cloud_id})


async def users(request: web.Request) -> web.Response:
    if request.query.get("username"):
        raise Refused(400, "The query parameter 'username' is not supported in GDPR strict mode.")
    return _people(request)


async def assignable(request: web.Request) -> web.Response:
    key = request.query.get("project")
    if key:
        find_project(request, key)
    elif not request.query.get("issueKey") and not request.query.get("issueId"):
        raise Refused(400, "Either the project or the issue must be given.")
    return _people(request, cloud(request).customers)


async def assignable_in_all(request: web.Request) -> web.Response:
    for key in context.names(request, "projectKeys"):
        find_project(request, key)
    return _people(request, cloud(request).customers)


def _people(request: web.Request, without: Collection[str] = ()) -> web.Response:
    """Matches addresses also where they are not shown."""
    query = request.query.get("query", "").casefold()
    if not query and "accountId" not in request.query:
        raise Refused(400, "The query parameter was not provided.")
    number = request.query.get("accountId")
    found = [
        user
        for user in context.state(request).users.values()
        if user.name not in without and (user.name == number if number else _matches(user, query))
    ]
    start = context.number(request, "startAt", 0)
    size = context.number(request, "maxResults", 50)
    return json_reply([shapes(request).user(item) for item in found[start:][:size]])


def _matches(user: User, query: str) -> bool:
    words = (user.display_name, *user.display_name.split(), user.email)
    return any(word.casefold().startswith(query) for word in words)


async def user(request: web.Request) -> web.Response:
    number = request.query.get("accountId", "")
    found = context.state(request).users.get(number)
    if found is None:
        raise Refused(404, "Specified user does not exist or you do not have required permissions")
    return json_reply(shapes(request).user(found))


async def projects(request: web.Request) -> web.Response:
    found = [shapes(request).project(each) for each in context.state(request).projects.values()]
    start = context.number(request, "startAt", 0)
    size = min(context.number(request, "maxResults", 50), context.state(request).config.page_cap)
    answer = {
        "startAt": start,
        "maxResults": size,
        "total": len(found),
        "isLast": start + size >= len(found),
        "values": found[start : start + size],
    }
    return json_reply(answer)


async def types(request: web.Request) -> web.Response:
    find_project(request, request.match_info["project"])
    found = [shapes(request).issue_type(name) for name in catalogue.TYPES]
    return _paged(request, "issueTypes", found)


async def screen(request: web.Request) -> web.Response:
    find_project(request, request.match_info["project"])
    names = {number: name for name, number in catalogue.TYPES.items()}
    if request.match_info["type"] not in names:
        raise Refused(404, "Issue type is not valid.")
    found = metadata.screen_of(request, names[request.match_info["type"]])
    found.setdefault("parent", metadata.field_shape("parent", "Parent", {"type": "issuelink"}))
    return _paged(request, "fields", [{**field, "fieldId": key} for key, field in found.items()])


def _paged(request: web.Request, name: str, values: list[Any]) -> web.Response:
    start = context.number(request, "startAt", 0)
    size = min(context.number(request, "maxResults", 50), context.state(request).config.page_cap)
    page = values[start : start + size]
    answer = {"startAt": start, "maxResults": size, "total": len(values), name: page}
    return json_reply(answer)


async def comments(request: web.Request) -> web.Response:
    """By their ids, with properties for those who ask for them."""
    wanted = {str(each) for each in (await context.body(request)).get("ids") or ()}
    if not 0 < len(wanted) <= _MOST_COMMENTS:
        raise Refused(400, "Between 1 and 1000 comments may be asked for.")
    shape = shapes(request)
    told = shape.with_properties if "properties" in context.names(request, "expand") else None
    found = [
        (told or shape.comment)(issue, comment)
        for issue in context.state(request).issues.values()
        for comment in issue.comments
        if comment.id in wanted
    ]
    answer = {
        "startAt": 0,
        "maxResults": _MOST_COMMENTS,
        "total": len(found),
        "isLast": True,
        "values": found,
    }
    return json_reply(answer)


async def worklogs(request: web.Request) -> web.Response:
    issue, shape = context.issue(request), shapes(request)
    told = shape.worklogs(issue)
    if "properties" in context.names(request, "expand"):
        for shaped, worklog in zip(told["worklogs"], issue.worklogs, strict=True):
            held = worklog.properties.items()
            shaped["properties"] = [{"key": key, "value": value} for key, value in held]
    return json_reply(told)


async def content(request: web.Request) -> web.StreamResponse:
    state = cloud(request)
    _, attachment = state.attachment(request.match_info["attachment"])
    straight = request.query.get("redirect") == "false"
    if straight and not state.cloud_config.redirects_always:
        return web.FileResponse(attachment.path, headers={"Content-Type": attachment.mime})
    return web.Response(status=303, headers={"Location": request.app[MEDIA].address(attachment)})


def routes(rest: str) -> list[web.RouteDef]:
    meta = rest + "/issue/createmeta/{project}/issuetypes"
    return [
        web.get(rest + "/serverInfo", server),
        web.get(rest + "/user/search", users),
        web.get(rest + "/user/assignable/search", assignable),
        web.get(rest + "/user/assignable/multiProjectSearch", assignable_in_all),
        web.get(rest + "/user", user),
        web.get(rest + "/project/search", projects),
        web.get(meta, types),
        web.get(meta + "/{type}", screen),
        web.post(rest + "/comment/list", comments),
        web.get(rest + "/issue/{key}/worklog", worklogs),
        web.get(rest + "/attachment/content/{attachment}", content),
    ]


def site_routes() -> list[web.RouteDef]:
    return [web.get("/_edge/tenant_info", tenant), *hooks.routes()]
