"""The simulated ALM connections, and the jobs that wait for a remote agent."""

from typing import Any

from aiohttp import web

from adapters.sd_elements.simulator import shapes
from adapters.sd_elements.simulator.api import STATE, body_of, listed
from adapters.sd_elements.simulator.model import AlmConnection, AlmJob
from adapters.sd_elements.simulator.state import State
from adapters.simulation import Refused, json_reply


def _connection(state: State, id: object) -> AlmConnection:
    found = state.alm_connections.get(str(id))
    if found is None:
        raise Refused(404, {"detail": "Not found."})
    return found


async def connections(request: web.Request) -> web.Response:
    project = request.query.get("project", "")
    found = [
        shapes.alm_connection(each)
        for each in request.app[STATE].alm_connections.values()
        if project in ("", each.project)
    ]
    return listed(request, found)


async def connection(request: web.Request) -> web.Response:
    found = _connection(request.app[STATE], request.match_info["connection"])
    return json_reply(shapes.alm_connection(found))


def _shown(state: State, job: AlmJob) -> dict[str, Any]:
    return shapes.alm_job(job, state.alm_connections[job.connection])


async def jobs(request: web.Request) -> web.Response:
    state = request.app[STATE]
    found = [
        shown
        for shown in (_shown(state, job) for job in state.alm_jobs.values())
        if request.query.get("ready", "") in ("", str(shown["ready"]).lower())
        and request.query.get("connection", "") in ("", str(shown["connection"]["id"]))
    ]
    return listed(request, found)


async def job(request: web.Request) -> web.Response:
    state = request.app[STATE]
    found = state.alm_jobs.get(request.match_info["job"])
    if found is None:
        raise Refused(404, {"detail": "Not found."})
    return json_reply(_shown(state, found))


async def post(request: web.Request) -> web.Response:
    """The result of a job ends the one that waited; without one, a job begins to wait."""
    state, body = request.app[STATE], await body_of(request)
    of = state.alm_connections.get(str(body.get("connection")))
    if of is None or of.project != request.match_info["project"]:
        raise Refused(400, {"connection": ["Invalid pk - object does not exist."]})
    waiting = next((j for j in state.alm_jobs.values() if j.connection == of.id and not j.ready),
                   None)  # fmt: skip
    if "result_message" not in body:
        return json_reply(_shown(state, waiting or state.queue_job(of.id)), 201)
    ended = waiting or state.queue_job(of.id)
    ended.ready, ended.succeeded = True, bool(body.get("succeeded"))
    ended.result_message, ended.last_run = str(body["result_message"]), state.tick()
    return json_reply(_shown(state, ended), 201)


def routes(prefix: str) -> list[web.RouteDef]:
    return [
        web.get(f"{prefix}/connections/alm/", connections),
        web.get(f"{prefix}/connections/alm/{{connection}}/", connection),
        web.get(f"{prefix}/jobs/alm/", jobs),
        web.get(f"{prefix}/jobs/alm/{{job}}/", job),
        web.post(f"{prefix}/projects/{{project}}/jobs/alm/", post),
    ]
