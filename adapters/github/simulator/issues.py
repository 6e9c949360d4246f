"""REST: issues, their labels and issue fields."""

from aiohttp import web

from adapters.github.moments import millis
from adapters.github.simulator import context, edits
from adapters.github.simulator.model import Issue, Refused
from adapters.github.simulator.state import State
from adapters.simulation import json_reply

_SORTS = {"created": "created", "updated": "updated", "comments": "comments"}


async def listed(request: web.Request) -> web.Response:
    state, query = context.state(request), request.query
    since = millis(query.get("since")) if "since" in query else 0
    wanted = query.get("state", "open")
    newest = state.now() - state.config.list_lag
    rows = [
        issue
        for issue in state.in_repository(context.repository(request))
        if wanted in ("all", issue.state) and since <= issue.updated - issue.updated % 1000
        if issue.updated <= newest
    ]
    sort = _SORTS.get(query.get("sort", "created"), "created")
    rows.sort(key=lambda one: (_weight(one, sort), one.id))
    if query.get("direction", "desc") == "desc":
        rows.reverse()
    return context.page(request, rows, context.shapes(request).issue)


def _weight(issue: Issue, sort: str) -> int:
    if sort == "comments":
        return len(issue.comments)
    moment: int = issue.updated if sort == "updated" else issue.created
    return moment // 1000


async def create(request: web.Request) -> web.Response:
    body = await context.body(request)
    repository = context.repository(request)
    made = context.state(request).create(repository, body, context.me(request))
    return json_reply(context.shapes(request).issue(made), 201)


async def read(request: web.Request) -> web.Response:
    return json_reply(context.shapes(request).issue(context.issue(request)))


async def edit(request: web.Request) -> web.Response:
    issue = context.issue(request)
    context.state(request).edit(issue, await context.body(request), context.me(request))
    return json_reply(context.shapes(request).issue(issue))


async def add_labels(request: web.Request) -> web.Response:
    state, issue, given = _triaged(request), context.issue(request), await context.data(request)
    names = given.get("labels") if isinstance(given, dict) else given  # GitHub takes both
    added = edits.labels(state, issue.repository, names)
    fresh = [name for name in added if name not in issue.labels]
    issue.labels.extend(fresh)
    state.changed(issue, context.me(request), *["labeled" for _ in fresh])
    return _labels(request, issue)


async def remove_label(request: web.Request) -> web.Response:
    state, issue = _triaged(request), context.issue(request)
    wanted = request.match_info["label"].casefold()
    held = next((name for name in issue.labels if name.casefold() == wanted), None)
    if held is None:
        raise Refused(404, "Label does not exist")
    issue.labels.remove(held)
    state.changed(issue, context.me(request), "unlabeled")
    return _labels(request, issue)


async def set_fields(request: web.Request) -> web.Response:
    state, issue, body = _triaged(request), context.issue(request), await context.body(request)
    issue.values.update(edits.values(state, body.get("issue_field_values")))
    state.changed(issue, context.me(request), "field_added")
    return json_reply(context.shapes(request).field_values(issue))


async def clear_field(request: web.Request) -> web.Response:
    state, issue = _triaged(request), context.issue(request)
    if issue.values.pop(int(request.match_info["field"]), None) is None:
        raise Refused(404, "Not Found")
    state.changed(issue, context.me(request), "field_removed")
    return web.Response(status=204)


def _labels(request: web.Request, issue: Issue) -> web.Response:
    shapes = context.shapes(request)
    return json_reply([shapes.label(issue.repository, name) for name in issue.labels])


def _triaged(request: web.Request) -> State:
    state = context.state(request)
    if not state.may_triage(state.me):
        raise Refused(403, "Must have triage rights to Repository.")
    return state


def routes() -> list[web.RouteDef]:
    one = r"/issues/{number:\d+}"
    return [
        *context.both("GET", "/issues", listed),
        *context.both("POST", "/issues", create),
        *context.both("GET", one, read),
        *context.both("PATCH", one, edit),
        *context.both("POST", one + "/labels", add_labels),
        *context.both("DELETE", one + "/labels/{label}", remove_label),
        *context.both("POST", one + "/issue-field-values", set_fields),
        *context.both("DELETE", one + r"/issue-field-values/{field:\d+}", clear_field),
    ]
