"""REST: time that people spent."""

from datetime import datetime
from typing import Any

from aiohttp import web

from adapters.jira.simulator import context, edits
from adapters.jira.simulator.model import Issue, Refused, Worklog
from adapters.simulation import json_reply


async def listed(request: web.Request) -> web.Response:
    """All at once: a server takes no notice of pages."""
    return json_reply(context.shapes(request).worklogs(_issue(request)))


async def add(request: web.Request) -> web.Response:
    state, issue, body = context.state(request), _issue(request), await context.body(request)
    seconds, at = _spent(body), state.tick()
    worklog = Worklog(state.new_id(), seconds, _started(body, at), state.me, at, at)
    worklog.comment = body.get("comment") or ""
    _mark(worklog, body)
    state.log_work(issue, worklog, state.me)
    _adjust(request, issue, -seconds)
    return json_reply(context.shapes(request).worklog(issue, worklog), 201)


async def edit(request: web.Request) -> web.Response:
    state, issue, body = context.state(request), _issue(request), await context.body(request)
    worklog = state.worklog(issue, request.match_info["worklog"])
    before = worklog.seconds
    if "timeSpentSeconds" in body or "timeSpent" in body:
        worklog.seconds = _spent(body)
    worklog.started = _started(body, worklog.started)
    worklog.comment = body.get("comment", worklog.comment) or ""
    _mark(worklog, body)
    state.relog_work(issue, worklog, state.me)
    _adjust(request, issue, before - worklog.seconds)
    return json_reply(context.shapes(request).worklog(issue, worklog))


async def delete(request: web.Request) -> web.Response:
    state, issue = context.state(request), _issue(request)
    worklog = state.worklog(issue, request.match_info["worklog"])
    state.unlog_work(issue, worklog, state.me)
    _adjust(request, issue, worklog.seconds)
    return web.Response(status=204)


def _issue(request: web.Request) -> Issue:
    issue = context.issue(request)
    if not context.state(request).config.time_tracking:
        raise Refused(400, "Time Tracking is not enabled.")
    return issue


def _adjust(request: web.Request, issue: Issue, seconds: int) -> None:
    """The remaining estimate falls with the work, unless it is to be left."""
    if request.query.get("adjustEstimate", "auto") == "auto" and issue.remaining is not None:
        issue.remaining = max(0, issue.remaining + seconds)


def _mark(worklog: Worklog, body: dict[str, Any]) -> None:
    """Kept by all, and shown by Jira Cloud alone."""
    for item in body.get("properties") or ():
        worklog.properties[item["key"]] = item.get("value")


def _spent(body: dict[str, Any]) -> int:
    seconds = body.get("timeSpentSeconds")
    if seconds is None:
        try:
            seconds = edits.seconds(str(body.get("timeSpent") or ""))
        except ValueError:
            seconds = None
    if type(seconds) is not int or seconds < 60:
        raise Refused(400, errors={"timeLogged": "You must indicate the time spent working."})
    return seconds - seconds % 60


def _started(body: dict[str, Any], default: int) -> int:
    if "started" not in body:
        return default
    try:
        moment = datetime.strptime(str(body["started"]), "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        raise Refused(400, errors={"started": "The date is not valid."}) from None
    return round(moment.timestamp() * 1000)


def routes() -> list[web.RouteDef]:
    many = "/rest/api/2/issue/{key}/worklog"
    one = many + "/{worklog}"
    return [
        web.get(many, listed),
        web.post(many, add),
        web.put(one, edit),
        web.delete(one, delete),
    ]
