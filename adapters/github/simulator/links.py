"""REST: sub-issues and dependencies."""

from aiohttp import web

from adapters.github.simulator import context
from adapters.github.simulator.model import Issue, Refused, invalid
from adapters.simulation import json_reply


async def parent(request: web.Request) -> web.Response:
    issue = context.issue(request)
    if issue.parent is None:
        raise Refused(404, "Not Found")
    held = context.state(request).by_id(issue.parent)
    return json_reply(context.shapes(request).issue(held))


async def children(request: web.Request) -> web.Response:
    issue, state = context.issue(request), context.state(request)
    rows = [one for one in state.issues.values() if one.parent == issue.id]
    return context.page(request, rows, context.shapes(request).issue)


async def add_child(request: web.Request) -> web.Response:
    state, issue, body = context.state(request), context.issue(request), await context.body(request)
    child = state.by_id(body.get("sub_issue_id"))
    if child.parent is not None and not body.get("replace_parent"):
        raise invalid("sub_issue_id", message="Sub issue may only have one parent")
    above: Issue | None = issue
    while above is not None:
        if above is child:
            raise invalid("sub_issue_id", message="A sub-issue may not be its own parent")
        above = state.issues.get(above.parent or 0)
    state.set_parent(child, issue, context.me(request))
    return json_reply(context.shapes(request).issue(child), 201)


async def remove_child(request: web.Request) -> web.Response:
    state, issue, body = context.state(request), context.issue(request), await context.body(request)
    child = state.by_id(body.get("sub_issue_id"))
    if child.parent != issue.id:
        raise Refused(404, "Not Found")
    state.set_parent(child, None, context.me(request))
    return json_reply(context.shapes(request).issue(child))


async def blocked_by(request: web.Request) -> web.Response:
    issue, state = context.issue(request), context.state(request)
    rows = [state.issues[number] for number in issue.blocked_by]
    return context.page(request, rows, context.shapes(request).issue)


async def blocking(request: web.Request) -> web.Response:
    issue, state = context.issue(request), context.state(request)
    rows = [one for one in state.issues.values() if issue.id in one.blocked_by]
    return context.page(request, rows, context.shapes(request).issue)


async def add_blocker(request: web.Request) -> web.Response:
    state, issue, body = context.state(request), context.issue(request), await context.body(request)
    other = state.by_id(body.get("issue_id"))
    if other is issue or other.id in issue.blocked_by:
        raise invalid("issue_id", message="The dependency exists or is of the issue itself")
    state.set_blocked(issue, other, True, context.me(request))
    return json_reply(context.shapes(request).issue(other), 201)


async def remove_blocker(request: web.Request) -> web.Response:
    state, issue = context.state(request), context.issue(request)
    other = state.by_id(int(request.match_info["other"]))
    if other.id not in issue.blocked_by:
        raise Refused(404, "Not Found")
    state.set_blocked(issue, other, False, context.me(request))
    return json_reply(context.shapes(request).issue(other))


def routes() -> list[web.RouteDef]:
    one = r"/issues/{number:\d+}"
    return [
        *context.both("GET", one + "/parent", parent),
        *context.both("GET", one + "/sub_issues", children),
        *context.both("POST", one + "/sub_issues", add_child),
        *context.both("DELETE", one + "/sub_issue", remove_child),
        *context.both("GET", one + "/dependencies/blocked_by", blocked_by),
        *context.both("POST", one + "/dependencies/blocked_by", add_blocker),
        *context.both("DELETE", one + r"/dependencies/blocked_by/{other:\d+}", remove_blocker),
        *context.both("GET", one + "/dependencies/blocking", blocking),
    ]
