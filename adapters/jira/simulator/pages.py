"""Pages on which a person sees, writes and edits the simulated issues."""

from typing import Any

from aiohttp import BodyPartReader, web

from adapters.jira.simulator import attachments, catalogue, context, markup
from adapters.jira.simulator.model import Issue, Refused, User
from adapters.jira.simulator.state import State

_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"


def _page(title: str, content: str, status: int = 200) -> web.Response:
    text = markup.page(title, content).encode("utf-8", "replace")
    headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
    return web.Response(
        body=text, status=status, content_type="text/html", charset="utf-8", headers=headers
    )


async def index(request: web.Request) -> web.Response:
    state = context.state(request)
    issues = sorted(state.issues.values(), key=lambda item: item.updated, reverse=True)
    return _page("Issues", markup.issue_list(state, issues))


async def show(request: web.Request) -> web.Response:
    try:
        issue = context.issue(request)
    except Refused as refused:
        return _refused(refused)
    return _page(f"{issue.key} {issue.summary}", markup.issue(context.state(request), issue))


async def create(request: web.Request) -> web.Response:
    state, form = context.state(request), await _form(request)
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
    state, form = context.state(request), await _form(request)
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
    state, form = context.state(request), await _form(request)
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
    state, form = context.state(request), await _form(request)
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
    if not _same_site(request):
        raise web.HTTPForbidden(text="This form was sent from another site.")
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
            path = state.folder / f"upload-{state.new_id()}"
            await attachments.save(part, path)
            mime = part.headers.get("Content-Type", "application/octet-stream")
            state.attach(issue, path, part.filename, mime, state.person("alice"))
    return _to(issue)


async def download(request: web.Request) -> web.StreamResponse:
    return await attachments.content(request)


async def _form(request: web.Request) -> dict[str, str]:
    if not _same_site(request):
        raise web.HTTPForbidden(text="This form was sent from another site.")
    data = await request.post()
    return {
        key: value.replace("\r\n", "\n") for key, value in data.items() if isinstance(value, str)
    }


def _same_site(request: web.Request) -> bool:
    """Another page in the same browser must not write here; other programs may."""
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.host}"


def _actor(state: State, form: dict[str, str]) -> User:
    return state.users.get(form.get("actor", ""), state.person("alice"))


def _to(issue: Issue) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/browse/{issue.key}"})


def _refused(refused: Refused) -> web.Response:
    reasons = [*refused.messages, *refused.errors.values()]
    return _page("Refused", markup.refusal(reasons), refused.status)


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
