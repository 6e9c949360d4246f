"""Pages on which a person sees, writes and edits the simulated issues."""

from typing import Any

from aiohttp import web

from adapters.github.simulator import context, html
from adapters.github.simulator.model import Issue, Moved, Refused, User
from adapters.github.simulator.state import State
from adapters.simulation.pages import Look, to
from adapters.simulation.pages import form as form_of

_LOOK = Look("GitHub", "#1f6feb")


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    issues = sorted(state.issues.values(), key=lambda item: item.updated, reverse=True)
    return _LOOK.page("Issues", html.issue_list(state, issues))


async def show(request: web.Request) -> web.Response:
    try:
        issue = context.issue(request)
    except (Refused, Moved) as refused:
        return _refused(refused)
    return _LOOK.page(f"#{issue.number} {issue.title}", html.issue(context.state(request), issue))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request)
    body: dict[str, Any] = {
        "title": form.get("title", ""),
        "body": form.get("body", ""),
        "labels": _labels(form),
    }
    try:
        repository = state.repository(form.get("project", ""))
        issue = state.create(repository, body, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def edit(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request)
    body: dict[str, Any] = {
        "title": form.get("title", ""),
        "body": form.get("body", ""),
        "labels": _labels(form),
        "assignees": [form["assignee"]] if form.get("assignee") else [],
        "milestone": form.get("milestone") or None,
    }
    try:
        issue = context.issue(request)
        state.edit(issue, body, _actor(state, form))
    except (Refused, Moved) as refused:
        return _refused(refused)
    return _to(issue)


async def close(request: web.Request) -> web.Response:
    """Closes for the chosen reason, or opens again."""
    state, form = context.state(request), await form_of(request)
    body: dict[str, Any] = {"state": form.get("state", "")}
    if form.get("reason"):
        body["state_reason"] = form["reason"]
    try:
        issue = context.issue(request)
        state.edit(issue, body, _actor(state, form))
    except (Refused, Moved) as refused:
        return _refused(refused)
    return _to(issue)


async def comment(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request)
    try:
        issue = context.issue(request)
        state.add_comment(issue, form.get("body", ""), _actor(state, form))
    except (Refused, Moved) as refused:
        return _refused(refused)
    return _to(issue)


def _labels(form: dict[str, str]) -> list[str]:
    return [name for part in form.get("labels", "").split(",") if (name := part.strip())]


def _actor(state: State, form: dict[str, str]) -> User:
    return state.users.get(form.get("actor", ""), state.users["alice"])


def _to(issue: Issue) -> web.Response:
    return to(f"/{issue.repository.full_name}/issues/{issue.number}")


def _refused(refused: Refused | Moved) -> web.Response:
    if isinstance(refused, Moved):
        return _LOOK.refusal(["It was moved to another place."], 404)
    problems = (item.get("message") or str(item.get("field", "")) for item in refused.errors)
    return _LOOK.refusal([refused.message, *problems], refused.status)


def routes() -> list[web.RouteDef]:
    one = r"/{owner}/{repo}/issues/{number:\d+}"
    return [
        web.get("/", index),
        web.post("/", create),
        web.get(one, show),
        web.post(one, edit),
        web.post(one + "/state", close),
        web.post(one + "/comments", comment),
    ]
