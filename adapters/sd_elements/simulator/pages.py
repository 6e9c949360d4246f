"""Pages on which a person sees, writes and edits the simulated tasks."""

from html import escape

from aiohttp import web

from adapters.sd_elements.simulator.api import STATE
from adapters.sd_elements.simulator.model import Task
from adapters.sd_elements.simulator.state import State
from adapters.simulation import Refused

_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
_STYLE = (
    "body{font:15px system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem;"
    "border-bottom:1px solid #ccc}input,textarea,select{font:inherit;width:100%;"
    "box-sizing:border-box}label{display:block;margin:.5rem 0}pre{white-space:pre-wrap}"
)


def _page(title: str, content: str, status: int = 200) -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{content}"
    )
    return web.Response(
        body=text.encode("utf-8", "replace"),
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"},
    )


async def index(request: web.Request) -> web.Response:
    state = request.app[STATE]
    rows = "".join(
        f'<tr><td><a href="/tasks/{escape(task.id)}">{escape(task.id)}</a><td>{escape(task.title)}'
        f"<td>{escape(task.status.name)}<td>{task.priority}"
        for task in sorted(state.tasks.values(), key=lambda task: -task.updated)
    )
    projects = _options(list(state.projects), "")
    form = (
        '<h2>New task</h2><form method="post"><label>Project <select name="project">'
        f"{projects}</select></label>{_words(None)}<button>Create</button></form>"
    )
    heads = "<tr><th>Task<th>Title<th>Status<th>Priority"
    return _page("Simulated SD Elements", f"<table>{heads}{rows}</table>{form}")


async def show(request: web.Request) -> web.Response:
    state = request.app[STATE]
    task = _task(request)
    notes = "".join(
        f"<li><b>{escape(note.updater.email)}</b><pre>{escape(note.text)}</pre>"
        for note in task.notes
    )
    statuses = _options([status.name for status in state.statuses], task.status.name)
    form = (
        f'<form method="post">{_words(task) if task.own else ""}'
        f'<label>Status <select name="status">{statuses}</select></label>'
        f'<label>Tags <input name="tags" value="{escape(" ".join(task.tags))}"></label>'
        "<button>Save</button></form>"
    )
    writing = (
        f"<h2>Notes</h2><ul>{notes}</ul>"
        f'<form method="post" action="/tasks/{escape(task.id)}/notes">'
        '<label>Note <textarea name="text"></textarea></label><button>Add</button></form>'
    )
    text = "" if task.own else f"<pre>{escape(task.text)}</pre>"
    return _page(task.title, f'<p><a href="/">All tasks</a></p>{text}{form}{writing}')


async def create(request: web.Request) -> web.Response:
    state, form = request.app[STATE], await _form(request)
    body = {"title": form.get("title", ""), "text": form.get("text", "")}
    task = state.create(form.get("project", ""), body, state.users["alice"])
    raise web.HTTPSeeOther(f"/tasks/{task.id}")


async def edit(request: web.Request) -> web.Response:
    state, form, task = request.app[STATE], await _form(request), _task(request)
    body: dict[str, object] = {"tags": form.get("tags", "").split()}
    for name in ("title", "text"):
        if task.own and name in form:
            body[name] = form[name]
    body["status"] = _status_id(state, form.get("status", ""))
    state.change(task, body, state.users["alice"])
    raise web.HTTPSeeOther(f"/tasks/{task.id}")


async def add_note(request: web.Request) -> web.Response:
    state, form, task = request.app[STATE], await _form(request), _task(request)
    state.add_note(task, {"text": form.get("text", "")}, state.users["alice"])
    raise web.HTTPSeeOther(f"/tasks/{task.id}")


def _task(request: web.Request) -> Task:
    found = request.app[STATE].tasks.get(request.match_info["task"])
    if found is None:
        raise Refused(404, {"detail": "Not found."})
    return found


def _status_id(state: State, name: str) -> str:
    return next((status.id for status in state.statuses if status.name == name), name)


def _words(task: Task | None) -> str:
    title = task.title.partition(": ")[2] if task else ""
    text = task.text if task else ""
    return (
        f'<label>Title <input name="title" value="{escape(title)}" required></label>'
        f'<label>Text <textarea name="text" rows="8">{escape(text)}</textarea></label>'
    )


def _options(names: list[str], chosen: str) -> str:
    return "".join(
        f"<option{' selected' if name == chosen else ''}>{escape(name)}</option>" for name in names
    )


async def _form(request: web.Request) -> dict[str, str]:
    """Another page in the same browser must not write here; other programs may."""
    origin = request.headers.get("Origin")
    if origin not in (None, f"{request.scheme}://{request.host}"):
        raise web.HTTPForbidden(text="This form was sent from another site.")
    data = await request.post()
    return {k: v.replace("\r\n", "\n") for k, v in data.items() if isinstance(v, str)}


def routes() -> list[web.RouteDef]:
    return [
        web.get("/", index),
        web.post("/", create),
        web.get("/tasks/{task}", show),
        web.post("/tasks/{task}", edit),
        web.post("/tasks/{task}/notes", add_note),
    ]
