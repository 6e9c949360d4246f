"""REST: comments."""

from aiohttp import web

from adapters.github.moments import millis
from adapters.github.simulator import context
from adapters.github.simulator.model import Comment, Issue
from adapters.simulation import json_reply


async def listed(request: web.Request) -> web.Response:
    issue, shapes = context.issue(request), context.shapes(request)
    return context.page(request, issue.comments, lambda one: shapes.comment(issue, one))


async def of_repository(request: web.Request) -> web.Response:
    state, shapes, query = context.state(request), context.shapes(request), request.query
    since = millis(query.get("since")) if "since" in query else 0
    newest = state.now() - state.config.list_lag
    rows = [
        (issue, one)
        for issue in state.in_repository(context.repository(request))
        for one in issue.comments
        if since <= one.updated - one.updated % 1000 and one.updated <= newest
    ]
    moment = "updated" if query.get("sort") == "updated" else "created"
    rows.sort(key=lambda row: (getattr(row[1], moment) // 1000, row[1].id))
    if query.get("direction") == "desc":
        rows.reverse()
    return context.page(request, rows, lambda row: shapes.comment(*row))


async def add(request: web.Request) -> web.Response:
    issue, body = context.issue(request), await context.body(request)
    made = context.state(request).add_comment(issue, body.get("body"), context.me(request))
    return json_reply(context.shapes(request).comment(issue, made), 201)


async def read(request: web.Request) -> web.Response:
    return json_reply(context.shapes(request).comment(*_found(request)))


async def edit(request: web.Request) -> web.Response:
    issue, comment = _found(request)
    text = (await context.body(request)).get("body")
    context.state(request).edit_comment(issue, comment, text, context.me(request))
    return json_reply(context.shapes(request).comment(issue, comment))


async def delete(request: web.Request) -> web.Response:
    issue, comment = _found(request)
    context.state(request).delete_comment(issue, comment, context.me(request))
    return web.Response(status=204)


def _found(request: web.Request) -> tuple[Issue, Comment]:
    repository = context.repository(request)
    return context.state(request).comment(repository, int(request.match_info["comment"]))


def routes() -> list[web.RouteDef]:
    one = r"/issues/comments/{comment:\d+}"
    return [
        *context.both("GET", r"/issues/{number:\d+}/comments", listed),
        *context.both("POST", r"/issues/{number:\d+}/comments", add),
        *context.both("GET", "/issues/comments", of_repository),
        *context.both("GET", one, read),
        *context.both("PATCH", one, edit),
        *context.both("DELETE", one, delete),
    ]
