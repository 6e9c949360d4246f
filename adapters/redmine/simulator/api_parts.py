"""REST: attachments, relations and time entries."""

import asyncio
from datetime import date
from typing import Any

from aiohttp import web

from adapters.redmine.simulator import catalogue, context
from adapters.redmine.simulator.model import ANONYMOUS, Attachment, Refused, Relation, TimeEntry
from adapters.simulation import json_reply

_CHUNK = 1 << 16


async def upload(request: web.Request) -> web.Response:
    state, user = context.state(request), context.user(request)
    if user is ANONYMOUS:
        raise Refused(401)
    if request.content_type != "application/octet-stream":
        raise Refused(406)
    path = state.folder / f"upload-{state.new_id()}"
    limit = state.config.largest_file
    size = 0
    with path.open("wb") as file:
        async for chunk in request.content.iter_chunked(_CHUNK):
            size += len(chunk)
            await asyncio.to_thread(file.write, chunk)
    if size > limit:
        path.unlink()
        text = "This file cannot be uploaded because it exceeds the maximum allowed file size"
        raise Refused(422, f"{text} ({limit})")
    mime = request.query.get("content_type", "application/octet-stream")
    item = state.keep(path, request.query.get("filename", "file"), mime, user)
    return json_reply({"upload": {"id": item.id, "token": item.token}}, 201)


async def show_file(request: web.Request) -> web.Response:
    return json_reply({"attachment": context.shapes(request).attachment(_file(request))})


async def download(request: web.Request) -> web.StreamResponse:
    if context.user(request) is ANONYMOUS:
        # Where an API call would be refused, a page leads to the login.
        raise web.HTTPFound("/login?back_url=%2F")
    item = _file(request)
    headers = {
        "Content-Type": item.mime,
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    return web.FileResponse(item.path, headers=headers)


async def delete_file(request: web.Request) -> web.Response:
    state, user = context.state(request), context.user(request)
    item = _file(request)
    if not state.may(user, "edit_issues"):
        raise Refused(403)
    state.detach(item, user)
    return context.done()


def _file(request: web.Request) -> Attachment:
    state = context.state(request)
    item = state.attachments.get(context.number(request, "attachment"))
    if item is None:
        raise Refused(404)
    if item.issue is not None:
        state.visible(item.issue, context.user(request))
    return item


async def relate(request: web.Request) -> web.Response:
    """Raises no date of either issue."""
    state, issue = context.state(request), context.issue(request)
    if not state.may(context.user(request), "manage_issue_relations"):
        raise Refused(403)
    values = await context.body(request, "relation")
    other = state.issues.get(int(values.get("issue_to_id") or 0))
    kind = str(values.get("relation_type") or "relates")
    if other is None or other.id == issue.id:
        raise Refused(422, "Related issue cannot be blank")
    if any({issue.id, other.id} == {r.origin, r.to} for r in state.relations.values()):
        raise Refused(422, "Related issue has already been taken")
    if issue.id == other.parent or other.id == issue.parent:
        raise Refused(422, "An issue cannot be linked to one of its subtasks")
    origin, to = issue.id, other.id
    if kind in catalogue.OPPOSITES.values() and kind not in catalogue.OPPOSITES:
        origin, to = to, origin
        kind = next(here for here, there in catalogue.OPPOSITES.items() if there == kind)
    elif kind not in catalogue.OPPOSITES:
        raise Refused(422, "Relation type is not included in the list")
    made = Relation(state.new_id(), origin, to, kind)
    state.relations[made.id] = made
    return json_reply({"relation": context.shapes(request).relation(made)}, 201)


async def unrelate(request: web.Request) -> web.Response:
    state = context.state(request)
    if state.relations.pop(context.number(request, "relation"), None) is None:
        raise Refused(404)
    return context.done()


async def entries(request: web.Request) -> web.Response:
    state, shapes = context.state(request), context.shapes(request)
    if not state.may(context.user(request), "view_time_entries"):
        raise Refused(403)
    issue = request.query.get("issue_id", "")
    projects = set(request.query.getall("v[project_id][]", []))
    found = [
        entry
        for entry in state.entries.values()
        if issue in ("", str(entry.issue))
        and (not projects or str(state.issues[entry.issue].project.id) in projects)
    ]
    found.sort(
        key=lambda entry: (entry.created, entry.id),
        reverse=request.query.get("sort", "").endswith("desc"),
    )
    offset, limit = context.page(request)
    answer = {
        "time_entries": [shapes.entry(entry) for entry in found[offset : offset + limit]],
        "total_count": len(found),
        "offset": offset,
        "limit": limit,
    }
    return json_reply(answer)


async def show_entry(request: web.Request) -> web.Response:
    return json_reply({"time_entry": context.shapes(request).entry(_entry(request))})


async def add_entry(request: web.Request) -> web.Response:
    """Raises no date of the issue."""
    state, user = context.state(request), context.user(request)
    values = await context.body(request, "time_entry")
    issue = state.visible(int(values.get("issue_id") or 0), user)
    if not state.may(user, "log_time"):
        raise Refused(403)
    at = state.now()
    entry = TimeEntry(0, issue.id, user, 0, 0, "", date.today().isoformat(), at, at)  # noqa: DTZ011
    _fill(entry, values)
    if entry.activity not in catalogue.ACTIVITIES:
        raise Refused(422, "Activity cannot be blank")
    entry.id = state.new_id()
    state.entries[entry.id] = entry
    return json_reply({"time_entry": context.shapes(request).entry(entry)}, 201)


async def edit_entry(request: web.Request) -> web.Response:
    state, entry = context.state(request), _entry(request)
    _fill(entry, await context.body(request, "time_entry"))
    entry.updated = state.now()
    return context.done()


async def delete_entry(request: web.Request) -> web.Response:
    del context.state(request).entries[_entry(request).id]
    return context.done()


def _entry(request: web.Request) -> TimeEntry:
    found = context.state(request).entries.get(context.number(request, "entry"))
    if found is None:
        raise Refused(404)
    return found


def _fill(entry: TimeEntry, values: dict[str, Any]) -> None:
    comments = str(values.get("comments", entry.comments) or "")
    if len(comments) > 1024:
        raise Refused(422, "Comment is too long (maximum is 1024 characters)")
    try:
        hours = float(values.get("hours", entry.hours) or 0)
    except ValueError:
        raise Refused(422, "Hours is invalid") from None
    entry.comments = comments
    entry.hours = round(hours, 2)
    entry.activity = int(values.get("activity_id") or entry.activity)
    entry.spent_on = str(values.get("spent_on") or entry.spent_on)


def routes() -> list[web.RouteDef]:
    file, entry = "/attachments/{attachment}.json", "/time_entries/{entry}.json"
    return [
        web.post("/uploads.json", upload),
        web.get(file, show_file),
        web.delete(file, delete_file),
        web.get("/attachments/download/{attachment}", download),
        web.get("/attachments/download/{attachment}/{name}", download),
        web.post("/issues/{issue}/relations.json", relate),
        web.delete("/relations/{relation}.json", unrelate),
        web.get("/time_entries.json", entries),
        web.post("/time_entries.json", add_entry),
        web.get(entry, show_entry),
        web.put(entry, edit_entry),
        web.delete(entry, delete_entry),
    ]
