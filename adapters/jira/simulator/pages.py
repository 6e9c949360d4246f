"""Pages on which a person sees, writes and edits the simulated issues."""

from typing import Any

from aiohttp import BodyPartReader, web

from adapters.jira.simulator import attachments, catalogue, context, markup
from adapters.jira.simulator.model import Issue, Refused, User
from adapters.jira.simulator.state import State
from adapters.simulation.pages import Look, same_site, to
from adapters.simulation.pages import form as form_of

_LOOK = Look("Jira", "#1868db")


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    issues = sorted(state.issues.values(), key=lambda item: item.updated, reverse=True)
    return _LOOK.page("Issues", markup.issue_list(state, issues))


async def show(request: web.Request) -> web.Response:
    try:
        issue = context.issue(request)
    except Refused as refused:
        return _refused(refused)
    return _LOOK.page(f"{issue.key} {issue.summary}", markup.issue(context.state(request), issue))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request, line_end="\n")
    fields: dict[str, Any] = {
        "project": {"key": form.get("project", "")},
        "issuetype": {"name": form.get("type", "")},
        "priority": {"name": form.get("priority", "")},
        "summary": form.get("summary", ""),
        "description": form.get("description", ""),
        "labels": form.get("labels", "").split(),
    }
    try:
        issue = state.create({"fields": fields}, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def edit(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request, line_end="\n")
    fields: dict[str, Any] = {
        "summary": form.get("summary", ""),
        "description": form.get("description", ""),
        "priority": {"name": form.get("priority", "")},
        "labels": form.get("labels", "").split(),
        "assignee": {"name": form.get("assignee") or None},
    }
    if "due" in form:
        fields["duedate"] = form["due"] or None
    try:
        issue = context.issue(request)
        state.edit(issue, {"fields": fields}, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def transit(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request, line_end="\n")
    try:
        issue = context.issue(request)
        number = form.get("transition", "")
        body: dict[str, Any] = {"transition": {"id": number}}
        chosen = [item for item in catalogue.leaving(issue.status) if item.id == number]
        if chosen and chosen[0].resolution:
            body["fields"] = {"resolution": {"name": "Done"}}
        state.transit(issue, body, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def comment(request: web.Request) -> web.Response:
    state, form = context.state(request), await form_of(request, line_end="\n")
    try:
        issue = context.issue(request)
        state.add_comment(issue, {"body": form.get("body", "")}, _actor(state, form))
    except Refused as refused:
        return _refused(refused)
    return _to(issue)


async def attach(request: web.Request) -> web.Response:
    state = context.state(request)
    try:
        issue = context.issue(request)
    except Refused as refused:
        return _refused(refused)
    same_site(request)
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
            path = state.folder / f"upload-{state.new_id()}"
            await attachments.save(part, path)
            mime = part.headers.get("Content-Type", "application/octet-stream")
            state.attach(issue, path, part.filename, mime, state.person("alice"))
    return _to(issue)


async def download(request: web.Request) -> web.StreamResponse:
    return await attachments.content(request)


def _actor(state: State, form: dict[str, str]) -> User:
    return state.users.get(form.get("actor", ""), state.person("alice"))


def _to(issue: Issue) -> web.Response:
    return to(f"/browse/{issue.key}")


def _refused(refused: Refused) -> web.Response:
    return _LOOK.refusal((*refused.messages, *refused.errors.values()), refused.status)


def routes() -> list[web.RouteDef]:
    one = "/browse/{key}"
    return [
        web.get("/", index),
        web.post("/", create),
        web.get(one, show),
        web.post(one, edit),
        web.post(one + "/status", transit),
        web.post(one + "/comments", comment),
        web.post(one + "/attachments", attach),
        web.get("/files/{attachment}", download),
    ]
