"""Pages on which a person sees, writes and edits the simulated issues, their posts and files."""

from base64 import b64decode, b64encode
from html import escape
from typing import Any
from urllib.parse import quote

from aiohttp import web

from adapters.rally.simulator import html
from adapters.rally.simulator.api import EDITS, STATE
from adapters.rally.simulator.model import Thing, Told
from adapters.rally.simulator.state import State
from adapters.rich_text import html as rich
from adapters.simulation.pages import Look, same_site
from adapters.simulation.pages import form as form_of
from schemas.rich_text import plain

_LOOK = Look("Rally", "#00639b")
_TYPES = ("Defect", "HierarchicalRequirement", "Task")
_FIELDS = ("Name", "State", "ScheduleState", "Priority", "BlockedReason")


def _page(title: str, content: str) -> web.Response:
    return _LOOK.page(title, f"<h1>{escape(title)}</h1>{content}")


async def index(request: web.Request) -> web.Response:
    state = request.app[STATE]
    things = [thing for kind in _TYPES for thing in state.of_type[kind].values()]
    things.sort(key=lambda one: (-one.updated, one.oid))
    return _page("Work items", html.item_list(state, things))


async def show(request: web.Request) -> web.Response:
    state = request.app[STATE]
    try:
        thing = _item(request)
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 404)
    return _page(f"{thing.fields['FormattedID']} {thing.name}", html.item(state, thing))


async def create(request: web.Request) -> web.Response:
    state, form = request.app[STATE], await form_of(request, line_end="\n")
    body: dict[str, Any] = {
        "Name": form.get("Name", ""),
        "Description": _html(form.get("Description", "")),
        "Project": f"/project/{form.get('Project', '')}",
    }
    kind = form.get("type", "Defect")
    if kind not in _TYPES:
        return _LOOK.refusal(("Choose a type.",), 422)
    try:
        made, _ = request.app[EDITS].create(kind, body, _actor(state, form))
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 422)
    raise _to(made)


async def edit(request: web.Request) -> web.Response:
    state, form = request.app[STATE], await form_of(request, line_end="\n")
    try:
        thing = _item(request)
        known = state.types[thing.type].attributes
        body: dict[str, Any] = {name: form[name] for name in _FIELDS if name in form}
        if "Description" in form:
            body["Description"] = _html(form["Description"])
        if "Owner" in form:
            body["Owner"] = f"/user/{form['Owner']}" if form["Owner"] else None
        if "Tags" in form:
            body["Tags"] = [_tag(request, name) for name in _names(form["Tags"])]
        if "Blocked" in known and "Name" in form:
            body["Blocked"] = form.get("Blocked") == "on"
        body = {name: value for name, value in body.items() if name in known}
        request.app[EDITS].update(thing, body, _actor(state, form))
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 422)
    raise _to(thing)


async def post(request: web.Request) -> web.Response:
    state, form = request.app[STATE], await form_of(request, line_end="\n")
    try:
        thing = _item(request)
        body = {"Artifact": f"/{thing.type}/{thing.oid}", "Text": _html(form.get("Text", ""))}
        request.app[EDITS].create("ConversationPost", body, _actor(state, form))
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 422)
    raise _to(thing)


async def attach(request: web.Request) -> web.Response:
    state = request.app[STATE]
    same_site(request)
    data = await request.post()
    given = data.get("file")
    try:
        thing = _item(request)
        if not isinstance(given, web.FileField):
            raise Told("Choose a file.")
        content = given.file.read()
        edits = request.app[EDITS]
        body = {"Content": b64encode(content).decode()}
        held, _ = edits.create("AttachmentContent", body, state.person("alice@example.com"))
        file = {
            "Artifact": f"/{thing.type}/{thing.oid}",
            "Content": f"/attachmentcontent/{held.oid}",
            "Name": given.filename,
            "ContentType": given.content_type,
            "Size": len(content),
        }
        edits.create("Attachment", file, state.person("alice@example.com"))
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 422)
    raise _to(thing)


async def edit_post(request: web.Request) -> web.Response:
    state, form = request.app[STATE], await form_of(request, line_end="\n")
    edits, actor = request.app[EDITS], _actor(state, form)
    try:
        found = state.thing("conversationpost", request.match_info["oid"], state.me)
        thing = state.things[found.fields["Artifact"]]
        if form.get("way") == "delete":
            edits.delete(found, actor)
        else:
            edits.update(found, {"Text": _html(form.get("Text", ""))}, actor)
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 422)
    raise _to(thing)


async def file(request: web.Request) -> web.Response:
    state = request.app[STATE]
    try:
        found = state.thing("attachment", request.match_info["oid"], state.me)
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 404)
    content = state.things[found.fields["Content"]]
    name = quote(found.name, safe="")
    headers = {
        # Never shown by the browser as a page of ours.
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
    }
    body = b64decode(content.fields["Content"])
    return web.Response(body=body, content_type="application/octet-stream", headers=headers)


async def delete_file(request: web.Request) -> web.Response:
    state, form = request.app[STATE], await form_of(request, line_end="\n")
    try:
        found = state.thing("attachment", request.match_info["oid"], state.me)
        thing = state.things[found.fields["Artifact"]]
        request.app[EDITS].delete(found, _actor(state, form))
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 422)
    raise _to(thing)


async def delete(request: web.Request) -> web.Response:
    state, form = request.app[STATE], await form_of(request, line_end="\n")
    try:
        request.app[EDITS].delete(_item(request), _actor(state, form))
    except Told as refusal:
        return _LOOK.refusal(refusal.errors, 422)
    raise web.HTTPSeeOther("/")


def _item(request: web.Request) -> Thing:
    state = request.app[STATE]
    return state.thing("artifact", request.match_info["oid"], state.me)


def _tag(request: web.Request, name: str) -> str:
    state = request.app[STATE]
    found = next((one for one in state.of_type["Tag"].values() if one.fields["Name"] == name), None)
    if found is None:
        found, _ = request.app[EDITS].create("Tag", {"Name": name}, state.me)
    return f"/tag/{found.oid}"


def _html(text: str) -> str:
    return text if text.lstrip().startswith("<") else rich.render(plain(text))


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _actor(state: State, form: dict[str, str]) -> Thing:
    names = {str(one.fields["UserName"]): one for one in state.of_type["User"].values()}
    return names.get(form.get("actor", ""), names["alice@example.com"])


def _to(thing: Thing) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/items/{thing.oid}")


def routes() -> list[web.RouteDef]:
    one = r"/items/{oid:\d+}"
    return [
        web.get("/", index),
        web.post("/", create),
        web.get(one, show),
        web.post(one, edit),
        web.post(one + "/posts", post),
        web.post(one + "/files", attach),
        web.post(one + "/delete", delete),
        web.post(r"/posts/{oid:\d+}", edit_post),
        web.get(r"/files/{oid:\d+}", file),
        web.post(r"/files/{oid:\d+}", delete_file),
    ]
