"""Pages on which a person sees, writes and edits the simulated issues."""

from typing import Any

from aiohttp import web

from adapters.github.simulator import context, html
from adapters.github.simulator.model import Issue, Moved, Refused, User
from adapters.github.simulator.state import State

_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"


def _page(title: str, content: str, status: int = 200) -> web.Response:
    text = html.page(title, content).encode("utf-8", "replace")
    headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
    return web.Response(
        body=text, status=status, content_type="text/html", charset="utf-8", headers=headers
    )


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    issues = sorted(state.issues.values(), key=lambda item: item.updated, reverse=True)
    return _page("Issues", html.issue_list(state, issues))


async def show(request: web.Request) -> web.Response:
    try:
        issue = context.issue(request)
    except (Refused, Moved) as refused:
        return _refused(refused)
    return _page(f"#{issue.number} {issue.title}", html.issue(context.state(request), issue))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await _form(request)
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
    state, form = context.state(request), await _form(request)
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
    state, form = context.state(request), await _form(request)
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
    state, form = context.state(request), await _form(request)
    try:
        issue = context.issue(request)
        state.add_comment(issue, form.get("body", ""), _actor(state, form))
    except (Refused, Moved) as refused:
        return _refused(refused)
    return _to(issue)


async def _form(request: web.Request) -> dict[str, str]:
    if not _same_site(request):
        raise web.HTTPForbidden(text="This form was sent from another site.")
    data = await request.post()
    return {key: value for key, value in data.items() if isinstance(value, str)}


def _same_site(request: web.Request) -> bool:
    """Another page in the same browser must not write here; other programs may."""
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.host}"


def _labels(form: dict[str, str]) -> list[str]:
    return [name for part in form.get("labels", "").split(",") if (name := part.strip())]


def _actor(state: State, form: dict[str, str]) -> User:
    return state.users.get(form.get("actor", ""), state.users["alice"])


def _to(issue: Issue) -> web.Response:
    place = f"/{issue.repository.full_name}/issues/{issue.number}"
    return web.Response(status=303, headers={"Location": place})


def _refused(refused: Refused | Moved) -> web.Response:
    if isinstance(refused, Moved):
        return _page("Moved", html.refusal(["It was moved to another place."]), 404)
    problems = (item.get("message") or str(item.get("field", "")) for item in refused.errors)
    return _page("Refused", html.refusal([refused.message, *problems]), refused.status)


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
