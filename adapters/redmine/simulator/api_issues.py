"""REST: issues and their journals."""

from aiohttp import web

from adapters.redmine.simulator import context, edits, query
from adapters.redmine.simulator.model import ANONYMOUS, Journal, Refused
from adapters.simulation import json_reply


async def listed(request: web.Request) -> web.Response:
    state, shapes = context.state(request), context.shapes(request)
    found = query.select(state, request.query, context.user(request))
    offset, limit = context.page(request)
    include = context.include(request)
    answer = {
        "issues": [shapes.issue(issue, include) for issue in found[offset : offset + limit]],
        "total_count": len(found),
        "offset": offset,
        "limit": limit,
    }
    return json_reply(answer)


async def show(request: web.Request) -> web.Response:
    shaped = context.shapes(request).issue(context.issue(request), context.include(request))
    return json_reply({"issue": shaped})


async def create(request: web.Request) -> web.Response:
    user = context.user(request)
    if user is ANONYMOUS:
        raise Refused(401)
    values = await context.body(request, "issue")
    if "project" in request.match_info:
        values = {"project_id": request.match_info["project"], **values}
    issue = edits.create(context.state(request), values, user)
    shaped = context.shapes(request).issue(issue, set())
    for told_on_reading in ("spent_hours", "total_spent_hours"):
        shaped.pop(told_on_reading, None)
    return json_reply({"issue": shaped}, 201)


async def edit(request: web.Request) -> web.Response:
    state, issue, user = context.state(request), context.issue(request), context.user(request)
    if user is ANONYMOUS:
        raise Refused(401)
    edits.edit(state, issue, await context.body(request, "issue"), user)
    return context.done()


async def delete(request: web.Request) -> web.Response:
    state, issue = context.state(request), context.issue(request)
    if not state.may(context.user(request), "delete_issues"):
        raise Refused(403)
    state.delete(issue)
    return context.done()


async def edit_journal(request: web.Request) -> web.Response:
    """Raises no date of the issue. An emptied note takes its journal along, unless it also tells of
    changes."""
    state, user = context.state(request), context.user(request)
    number = context.number(request, "journal")
    for issue in state.issues.values():
        for journal in issue.journals:
            if journal.id == number and state.sees_journal(journal, user):
                _may_edit(request, journal)
                values = await context.body(request, "journal")
                if "notes" in values:
                    journal.notes = str(values["notes"] or "")
                if "private_notes" in values and state.may(user, "set_notes_private"):
                    journal.private = bool(values["private_notes"])
                if not journal.notes.strip() and not journal.details:
                    issue.journals.remove(journal)
                return context.done()
    raise Refused(404)


def _may_edit(request: web.Request, journal: Journal) -> None:
    state, user = context.state(request), context.user(request)
    own = journal.user.id == user.id and state.may(user, "edit_own_issue_notes")
    if not own and not state.may(user, "edit_issue_notes"):
        raise Refused(403)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/issues.json", listed),
        web.post("/issues.json", create),
        web.post("/projects/{project}/issues.json", create),
        web.get("/issues/{issue}.json", show),
        web.put("/issues/{issue}.json", edit),
        web.delete("/issues/{issue}.json", delete),
        web.put("/journals/{journal}.json", edit_journal),
    ]
