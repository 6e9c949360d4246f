"""REST: comments."""

from aiohttp import web

from adapters.jira.simulator import context
from adapters.jira.simulator.model import Comment, Issue
from adapters.simulation import json_reply


async def listed(request: web.Request) -> web.Response:
    issue = context.issue(request)
    cap = context.state(request).config.page_cap
    start = context.number(request, "startAt", 0)
    size = min(context.number(request, "maxResults", cap), cap)
    page = issue.comments[start : start + size]
    answer = {
        "startAt": start,
        "maxResults": size,
        "total": len(issue.comments),
        "comments": [_shaped(request, issue, comment) for comment in page],
    }
    return json_reply(answer)


async def add(request: web.Request) -> web.Response:
    state, issue = context.state(request), context.issue(request)
    comment = state.add_comment(issue, await context.body(request), state.me)
    return json_reply(_shaped(request, issue, comment), 201)


async def read(request: web.Request) -> web.Response:
    issue = context.issue(request)
    return json_reply(_shaped(request, issue, _comment(request, issue)))


async def edit(request: web.Request) -> web.Response:
    state, issue = context.state(request), context.issue(request)
    comment = _comment(request, issue)
    state.edit_comment(issue, comment, await context.body(request), state.me)
    return json_reply(_shaped(request, issue, comment))


async def delete(request: web.Request) -> web.Response:
    state, issue = context.state(request), context.issue(request)
    state.delete_comment(issue, _comment(request, issue), state.me)
    return web.Response(status=204)


def _comment(request: web.Request, issue: Issue) -> Comment:
    return context.state(request).comment(issue, request.match_info["comment"])


def _shaped(request: web.Request, issue: Issue, comment: Comment) -> dict[str, object]:
    expanded = "properties" in context.names(request, "expand")
    return context.shapes(request).comment(issue, comment, properties=expanded)


def routes() -> list[web.RouteDef]:
    many = "/rest/api/2/issue/{key}/comment"
    one = many + "/{comment}"
    return [
        web.get(many, listed),
        web.post(many, add),
        web.get(one, read),
        web.put(one, edit),
        web.delete(one, delete),
    ]
