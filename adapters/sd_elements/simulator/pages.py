"""Pages on which a person sees, writes and edits the simulated tasks."""

from html import escape

from aiohttp import web

from adapters.sd_elements.simulator.api import STATE
from adapters.sd_elements.simulator.model import Task
from adapters.sd_elements.simulator.state import State
from adapters.simulation import Refused
from adapters.simulation.pages import Look
from adapters.simulation.pages import form as form_of

_LOOK = Look("SD Elements", "#00704a")


def _page(title: str, content: str) -> web.Response:
    return _LOOK.page(title, f"<h1>{escape(title)}</h1>{content}")


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
    return _page("Tasks", f"<table>{heads}{rows}</table>{form}")


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
    state, form = request.app[STATE], await form_of(request, line_end="\n")
    body = {"title": form.get("title", ""), "text": form.get("text", "")}
    task = state.create(form.get("project", ""), body, state.users["alice"])
    raise web.HTTPSeeOther(f"/tasks/{task.id}")


async def edit(request: web.Request) -> web.Response:
    state, form, task = request.app[STATE], await form_of(request, line_end="\n"), _task(request)
    body: dict[str, object] = {"tags": form.get("tags", "").split()}
    for name in ("title", "text"):
        if task.own and name in form:
            body[name] = form[name]
    body["status"] = _status_id(state, form.get("status", ""))
    state.change(task, body, state.users["alice"])
    raise web.HTTPSeeOther(f"/tasks/{task.id}")


async def add_note(request: web.Request) -> web.Response:
    state, form, task = request.app[STATE], await form_of(request, line_end="\n"), _task(request)
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


def routes() -> list[web.RouteDef]:
    return [
        web.get("/", index),
        web.post("/", create),
        web.get("/tasks/{task}", show),
        web.post("/tasks/{task}", edit),
        web.post("/tasks/{task}/notes", add_note),
    ]
