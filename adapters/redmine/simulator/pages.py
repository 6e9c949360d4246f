"""Pages on which a person sees, writes and edits the simulated issues."""

from typing import Any

from aiohttp import web

from adapters.redmine.simulator import context, edits, html
from adapters.redmine.simulator.model import Issue, Refused, User
from adapters.redmine.simulator.state import State

_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
_FORM_FIELDS = ("subject", "description", "status_id", "priority_id", "assigned_to_id", "due_date")


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    issues = sorted(state.issues.values(), key=lambda item: item.updated, reverse=True)
    return _page("Issues", html.issue_list(state, issues))


async def show(request: web.Request) -> web.Response:
    issue = _issue(request)
    return _page(f"#{issue.id} {issue.subject}", html.issue(context.state(request), issue))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await _form(request)
    keys = ("project_id", "tracker_id", "priority_id", "subject", "description")
    values: dict[str, Any] = {key: form[key] for key in keys if key in form}
    try:
        issue = edits.create(state, values, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def edit(request: web.Request) -> web.Response:
    state, form, issue = context.state(request), await _form(request), _issue(request)
    values: dict[str, Any] = {key: form[key] for key in _FORM_FIELDS if key in form}
    values |= {"notes": form.get("notes", ""), "private_notes": "private_notes" in form}
    try:
        edits.edit(state, issue, values, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def attach(request: web.Request) -> web.Response:
    state, issue = context.state(request), _issue(request)
    _same_site(request)
    form = await request.post()
    file = form.get("file")
    if isinstance(file, web.FileField) and file.filename:
        path = state.folder / f"upload-{state.new_id()}"
        path.write_bytes(file.file.read())
        item = state.keep(path, file.filename, file.content_type, state.person("alice"))
        edits.edit(state, issue, {"uploads": [{"token": item.token}]}, item.author)
    return _to(issue)


async def _form(request: web.Request) -> dict[str, str]:
    _same_site(request)
    data = await request.post()
    return {key: value for key, value in data.items() if isinstance(value, str)}


def _same_site(request: web.Request) -> None:
    """Another page in the same browser must not write here; other programs may."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise web.HTTPForbidden(text="This form was sent from another site.")


def _issue(request: web.Request) -> Issue:
    number = context.number(request, "issue")
    issue = context.state(request).issues.get(number)
    if issue is None:
        raise web.HTTPNotFound(text="There is no such issue.")
    return issue


def _actor(state: State, form: dict[str, str]) -> User:
    login = form.get("actor", "alice")
    return next((user for user in state.users.values() if user.login == login), state.me)


def _to(issue: Issue) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/issues/{issue.id}"})


def _refused(refused: Refused) -> web.Response:
    return _page("Refused", html.refusal(refused.errors), refused.status)


def _page(title: str, content: str, status: int = 200) -> web.Response:
    text = html.page(title, content).encode("utf-8", "replace")
    headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
    return web.Response(
        body=text, status=status, content_type="text/html", charset="utf-8", headers=headers
    )


def routes() -> list[web.RouteDef]:
    one = r"/issues/{issue:\d+}"
    return [
        web.get("/", index),
        web.post("/", create),
        web.get(one, show),
        web.post(one, edit),
        web.post(one + "/attachments", attach),
    ]
