"""REST: the server, users, projects, permissions and the fixed lists."""

from aiohttp import web

from adapters.jira.simulator import catalogue, context
from adapters.jira.simulator.model import Project, Refused
from adapters.simulation import json_reply


async def server(request: web.Request) -> web.Response:
    answer = {
        "baseUrl": context.shapes(request).url,
        "version": "9.12.0",
        "versionNumbers": [9, 12, 0],
        "deploymentType": "Server",
        "buildNumber": 912000,
        "serverTitle": "Simulated Jira",
    }
    return json_reply(answer)


async def myself(request: web.Request) -> web.Response:
    return json_reply(context.shapes(request).user(context.state(request).me))


async def users(request: web.Request) -> web.Response:
    query = (request.query.get("username") or request.query.get("query") or "").casefold()
    if not query:
        raise Refused(400, "The username query parameter was not provided")
    found = [
        user
        for user in context.state(request).users.values()
        if any(
            text.casefold().startswith(query) for text in (user.name, user.display_name, user.email)
        )
    ]
    start = context.number(request, "startAt", 0)
    size = context.number(request, "maxResults", 50)
    return json_reply([context.shapes(request).user(item) for item in found[start:][:size]])


async def user(request: web.Request) -> web.Response:
    name = request.query.get("username") or request.query.get("key") or ""
    found = context.state(request).users.get(name)
    if found is None:
        raise Refused(404, f"The user named '{name}' does not exist")
    return json_reply(context.shapes(request).user(found))


async def issue_types(request: web.Request) -> web.Response:
    shapes = context.shapes(request)
    return json_reply([shapes.issue_type(name) for name in catalogue.TYPES])


async def permissions(request: web.Request) -> web.Response:
    if key := request.query.get("projectKey"):
        find_project(request, key)
    denied = context.state(request).config.permissions_denied
    wanted = context.names(request, "permissions")
    shaped = {
        key: {
            "id": str(index),
            "key": key,
            "name": key.replace("_", " ").title(),
            "type": "PROJECT",
            "havePermission": key not in denied,
        }
        for index, key in enumerate(wanted)
    }
    return json_reply({"permissions": shaped})


async def projects(request: web.Request) -> web.Response:
    shapes = context.shapes(request)
    return json_reply([shapes.project(each) for each in context.state(request).projects.values()])


async def project(request: web.Request) -> web.Response:
    found = find_project(request, request.match_info["project"])
    shapes = context.shapes(request)
    types = [shapes.issue_type(name) for name in catalogue.TYPES]
    return json_reply({**shapes.project(found), "issueTypes": types})


async def statuses(request: web.Request) -> web.Response:
    find_project(request, request.match_info["project"])
    shapes = context.shapes(request)
    known = [shapes.status(name) for name in catalogue.STATUSES]
    answer = []
    for name in catalogue.TYPES:
        shaped = shapes.issue_type(name)
        del shaped["description"]  # told everywhere but here
        answer.append({**shaped, "statuses": known})
    return json_reply(answer)


async def components(request: web.Request) -> web.Response:
    return _named(request, "component", catalogue.COMPONENTS)


async def versions(request: web.Request) -> web.Response:
    return _named(request, "version", catalogue.VERSIONS)


async def priorities(request: web.Request) -> web.Response:
    return _named(request, "priority", catalogue.PRIORITIES)


async def resolutions(request: web.Request) -> web.Response:
    return _named(request, "resolution", catalogue.RESOLUTIONS)


def _named(request: web.Request, kind: str, ids: dict[str, str]) -> web.Response:
    shapes = context.shapes(request)
    return json_reply([shapes.named(kind, ids, name) for name in ids])


def find_project(request: web.Request, key_or_id: str) -> Project:
    for found in context.state(request).projects.values():
        if key_or_id in (found.key, found.id):
            return found
    raise Refused(404, f"No project could be found with key '{key_or_id}'.")


def routes() -> list[web.RouteDef]:
    rest = "/rest/api/2"
    return [
        web.get(rest + "/serverInfo", server),
        web.get(rest + "/myself", myself),
        web.get(rest + "/user/search", users),
        web.get(rest + "/mypermissions", permissions),
        web.get(rest + "/project", projects),
        web.get(rest + "/project/{project}", project),
        web.get(rest + "/project/{project}/statuses", statuses),
        web.get(rest + "/project/{project}/components", components),
        web.get(rest + "/project/{project}/versions", versions),
        web.get(rest + "/priority", priorities),
        web.get(rest + "/resolution", resolutions),
        web.get(rest + "/user", user),
        web.get(rest + "/issuetype", issue_types),
    ]
