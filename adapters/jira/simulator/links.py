"""REST: links between issues, and their types."""

from typing import Any

from aiohttp import web

from adapters.jira.simulator import catalogue, context
from adapters.jira.simulator.model import Issue, Refused
from adapters.simulation import json_reply


async def types(request: web.Request) -> web.Response:
    shapes = context.shapes(request)
    shaped = [shapes.link_type(each) for each in catalogue.LINK_TYPES]
    return json_reply({"issueLinkTypes": shaped})


async def add(request: web.Request) -> web.Response:
    """The issue that is called inward here says the outward words afterwards: it is the source."""
    state, body = context.state(request), await context.body(request)
    named = body.get("type") or {}
    found = [
        each
        for each in catalogue.LINK_TYPES
        if named.get("id") == each.id or named.get("name") == each.name
    ]
    if not found:
        raise Refused(404, f"No issue link type with name '{named.get('name')}' found.")
    source, target = _end(request, body, "inwardIssue"), _end(request, body, "outwardIssue")
    state.link(found[0].id, source, target, state.me)
    return web.Response(status=201)


async def delete(request: web.Request) -> web.Response:
    state = context.state(request)
    state.unlink(request.match_info["link"], state.me)
    return web.Response(status=204)


def _end(request: web.Request, body: dict[str, Any], side: str) -> Issue:
    named = body.get(side) or {}
    found = context.state(request).find(str(named.get("id") or named.get("key") or ""))
    if found is None:
        raise Refused(404, "Issue Does Not Exist")
    return found


def routes() -> list[web.RouteDef]:
    rest = "/rest/api/2"
    return [
        web.get(rest + "/issueLinkType", types),
        web.post(rest + "/issueLink", add),
        web.delete(rest + "/issueLink/{link}", delete),
    ]
