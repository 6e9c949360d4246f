"""The simulated REST API v2."""

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from adapters.sd_elements.simulator import shapes
from adapters.sd_elements.simulator.model import Task
from adapters.sd_elements.simulator.state import PHASES, State
from adapters.simulation import Refused, json_reply

STATE: web.AppKey[State] = web.AppKey("state", State)
_decode = msgspec.json.Decoder().decode


def _state(request: web.Request) -> State:
    return request.app[STATE]


async def body_of(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise Refused(
            415, {"detail": f'Unsupported media type "{request.content_type}" in request.'}
        )
    try:
        data = _decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, {"detail": f"JSON parse error - {error}"}) from None
    if not isinstance(data, dict):
        raise Refused(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return data


def listed(request: web.Request, items: Sequence[Any]) -> web.Response:
    """Without `page_size` everything at once, and no count."""
    size_text = request.query.get("page_size", "")
    if not size_text:
        return json_reply({"results": list(items)})
    if not size_text.isdecimal() or not int(size_text):
        raise Refused(400, {"page_size": ["A valid integer is required."]})
    size = min(int(size_text), _state(request).config.page_cap)
    page_text = request.query.get("page", "1")
    page = int(page_text) if page_text.isdecimal() else 0
    if page < 1 or (page - 1) * size > max(len(items) - 1, 0):
        raise Refused(404, {"detail": "Invalid page."})
    last = page * size >= len(items)
    here = request.url.update_query(page_size=str(size))
    return json_reply(
        {
            "count": len(items),
            "next": None if last else str(here.update_query(page=str(page + 1))),
            "previous": None if page == 1 else str(here.update_query(page=str(page - 1))),
            "results": list(items[(page - 1) * size : page * size]),
        }
    )


def _words(request: web.Request, name: str) -> frozenset[str]:
    return frozenset(word for word in request.query.get(name, "").split(",") if word)


async def phases(request: web.Request) -> web.Response:
    return listed(request, [shapes.phase(phase) for phase in PHASES])


async def statuses(request: web.Request) -> web.Response:
    meaning = request.query.get("meaning", "")
    found = [s for s in _state(request).statuses if not meaning or s.meaning == meaning]
    return listed(request, [shapes.status(status) for status in found])


async def users(request: web.Request) -> web.Response:
    search = request.query.get("search", "").casefold()
    found = [
        shapes.person(user)
        for user in _state(request).users.values()
        if search in f"{user.email} {user.first_name} {user.last_name}".casefold()
    ]
    return listed(request, found)


async def projects(request: web.Request) -> web.Response:
    found = _state(request).projects.items()
    return listed(request, [shapes.project(project, name) for project, name in found])


async def project(request: web.Request) -> web.Response:
    found = request.match_info["project"]
    return json_reply(shapes.project(found, _state(request).project(found)))


async def application(request: web.Request) -> web.Response:
    name = _state(request).config.application
    return json_reply({"id": 1, "name": name, "business_unit": 1})


async def business_unit(request: web.Request) -> web.Response:
    return json_reply({"id": 1, "name": _state(request).config.business_unit})


async def tasks(request: web.Request) -> web.Response:
    least = request.query.get("priority__gte", "0")
    found = [
        task
        for task in _state(request).tasks_of(request.match_info["project"])
        if task.accepted and task.priority >= int(least if least.isdecimal() else "0")
    ]
    included, expanded = _words(request, "include"), _words(request, "expand")
    return listed(request, [shapes.task(task, included, expanded) for task in found])


def _task(request: web.Request) -> Task:
    return _state(request).task(request.match_info["project"], request.match_info["task"])


def _shown(request: web.Request, task: Task, status: int = 200) -> web.Response:
    included, expanded = _words(request, "include"), _words(request, "expand")
    # The single task tells its priority as text, the list as a number.
    shown = shapes.task(task, included, expanded) | {"priority": str(task.priority)}
    return json_reply(shown, status)


async def task_get(request: web.Request) -> web.Response:
    return _shown(request, _task(request))


async def task_post(request: web.Request) -> web.Response:
    state = _state(request)
    made = state.create(request.match_info["project"], await body_of(request), state.me)
    return _shown(request, made, 201)


async def task_patch(request: web.Request) -> web.Response:
    state, task = _state(request), _task(request)
    state.change(task, await body_of(request), state.me)
    if state.config.bare_answers:
        return json_reply(shapes.task(task, frozenset(), frozenset()))
    return _shown(request, task)


async def notes(request: web.Request) -> web.Response:
    task = _task(request)
    return listed(request, [shapes.note(task.id, note) for note in task.notes])


async def note_post(request: web.Request) -> web.Response:
    state, task = _state(request), _task(request)
    made = state.add_note(task, await body_of(request), state.me)
    return json_reply(shapes.note(task.id, made), 201)


async def note_one(request: web.Request) -> web.Response:
    state, task = _state(request), _task(request)
    note = state.note(task, request.match_info["note"])
    if request.method == "DELETE":
        state.delete_note(task, note)
        return web.Response(status=204)
    if request.method == "PATCH":
        state.edit_note(note, await body_of(request), state.me)
    return json_reply(shapes.note(task.id, note))


async def references(request: web.Request) -> web.Response:
    return listed(request, [shapes.reference(found) for found in _task(request).references])


async def reference_post(request: web.Request) -> web.Response:
    state, task = _state(request), _task(request)
    return json_reply(shapes.reference(state.add_reference(task, await body_of(request))), 201)


async def reference_one(request: web.Request) -> web.Response:
    state, task = _state(request), _task(request)
    found = state.reference(task, request.match_info["reference"])
    if request.method == "DELETE":
        state.delete_reference(task, found)
        return web.Response(status=204)
    if request.method == "PATCH":
        state.edit_reference(found, await body_of(request))
    return json_reply(shapes.reference(found))


def routes(prefix: str) -> list[web.RouteDef]:
    one = f"{prefix}/projects/{{project}}/"
    task = one + "tasks/{task}/"
    note, reference = task + "notes/{note}/", task + "references/{reference}/"
    return [
        web.get(f"{prefix}/phases/", phases),
        web.get(f"{prefix}/task-statuses/", statuses),
        web.get(f"{prefix}/users/", users),
        web.get(f"{prefix}/projects/", projects),
        web.get(one, project),
        web.get(f"{prefix}/applications/1/", application),
        web.get(f"{prefix}/business-units/1/", business_unit),
        web.get(one + "tasks/", tasks),
        web.post(one + "tasks/", task_post),
        web.get(task, task_get),
        web.patch(task, task_patch),
        web.get(task + "notes/", notes),
        web.post(task + "notes/", note_post),
        *(web.route(method, note, note_one) for method in ("GET", "PATCH", "DELETE")),
        web.get(task + "references/", references),
        web.post(task + "references/", reference_post),
        *(web.route(method, reference, reference_one) for method in ("GET", "PATCH", "DELETE")),
    ]
