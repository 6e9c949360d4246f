"""Pages on which a person sees, writes and edits the simulated issues."""

from typing import Any

from aiohttp import web

from adapters.redmine.simulator import context, edits, html
from adapters.redmine.simulator.model import Issue, Refused, User
from adapters.redmine.simulator.state import State
from adapters.simulation.pages import Look, same_site, to
from adapters.simulation.pages import form as form_of

_LOOK = Look("Redmine", "#a02020")
_FORM_FIELDS = ("subject", "description", "status_id", "priority_id", "assigned_to_id", "due_date")


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    issues = sorted(state.issues.values(), key=lambda item: item.updated, reverse=True)
    return _LOOK.page("Issues", html.issue_list(state, issues))


async def show(request: web.Request) -> web.Response:
    issue = _issue(request)
    return _LOOK.page(f"#{issue.id} {issue.subject}", html.issue(context.state(request), issue))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request)
    keys = ("project_id", "tracker_id", "priority_id", "subject", "description")
    values: dict[str, Any] = {key: form[key] for key in keys if key in form}
    try:
        issue = edits.create(state, values, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def edit(request: web.Request) -> web.Response:
    state, form, issue = context.state(request), await form_of(request), _issue(request)
    values: dict[str, Any] = {key: form[key] for key in _FORM_FIELDS if key in form}
    values |= {"notes": form.get("notes", ""), "private_notes": "private_notes" in form}
    try:
        edits.edit(state, issue, values, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def attach(request: web.Request) -> web.Response:
    state, issue = context.state(request), _issue(request)
    same_site(request)
    form = await request.post()
    file = form.get("file")
    if isinstance(file, web.FileField) and file.filename:
        path = state.folder / f"upload-{state.new_id()}"
        path.write_bytes(file.file.read())
        item = state.keep(path, file.filename, file.content_type, state.person("alice"))
        edits.edit(state, issue, {"uploads": [{"token": item.token}]}, item.author)
    return _to(issue)


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
    return to(f"/issues/{issue.id}")


def _refused(refused: Refused) -> web.Response:
    return _LOOK.refusal(refused.errors, refused.status)


def routes() -> list[web.RouteDef]:
    one = r"/issues/{issue:\d+}"
    return [
        web.get("/", index),
        web.post("/", create),
        web.get(one, show),
        web.post(one, edit),
        web.post(one + "/attachments", attach),
    ]
