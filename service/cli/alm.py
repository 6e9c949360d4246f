"""`alm`: connections of SD Elements' projects with trackers, and their jobs."""

import asyncio

from schemas.alm import (
    AlmConnectionQuery,
    AlmConnectionView,
    AlmJobPost,
    AlmJobQuery,
    AlmJobView,
    AlmList,
)
from schemas.alm_routes import ALM_CONNECTIONS, ALM_JOB, ALM_JOB_POST, ALM_JOBS
from service.cli import alm_setup
from service.cli.ending import failed
from service.cli.node_client import NodeClient
from service.cli.output import table
from service.cli.parsing import Commands, command, group
from service.cli.session import Session, on_node

_LOOK_SECONDS = 0.5
_SHOWN = 50


def add_to(commands: Commands) -> None:
    alm = group(commands, "alm", "Keep SD Elements' projects in step with trackers")
    command(
        alm,
        "list",
        "list the ALM connections with their last jobs",
        on_node(_list),
        examples="alm list",
    )
    run = command(
        alm,
        "run",
        "run a connection's job now, and tell how far it is",
        on_node(_run),
        examples="alm run 5\nalm run 'The shop' --no-wait",
    )
    run.add_argument("connection", help="its number, or its alias")
    run.add_argument("--no-wait", action="store_true", help="start it, and wait for nothing")
    jobs = command(
        alm,
        "jobs",
        "list jobs, the newest first",
        on_node(_jobs),
        examples="alm jobs\nalm jobs 'The shop'",
    )
    alm_setup.add_to(alm)
    jobs.add_argument("connection", nargs="?", default="", help="of this one alone")


async def _list(session: Session, node: NodeClient) -> None:
    found = await node.get(ALM_CONNECTIONS, query=AlmConnectionQuery(include="last_job"))
    rows = [
        (each.id, each.alias, each.system.name, each.project, each.frequency, _last(each))
        for each in found.results
    ]
    headings = ("id", "alias", "system", "project", "runs", "last job")
    shown = table(headings, rows) if rows else "No ALM connections yet."
    session.out.answer(found, shown)


def _last(connection: AlmConnectionView) -> str:
    job = connection.last_job
    if not job:
        return "never"
    if connection.in_progress:
        return "under way"
    return f"{'done' if job.succeeded else 'failed'} {job.last_run or ''}".strip()


async def _run(session: Session, node: NodeClient) -> None:
    connection = await _named(node, session.text("connection"))
    body = AlmJobPost(connection=connection.id)
    job: AlmJobView = await node.send(ALM_JOB_POST, str(connection.project), body=body)
    if session.flag("no_wait"):
        session.out.answer(job, f"Job {job.id} is started.")
        return
    told = ""
    while not job.ready:
        words = _progress(job)
        if words != told and not session.out.as_json:
            session.out.line(words)
        told = words
        await asyncio.sleep(_LOOK_SECONDS)
        job = await node.get(ALM_JOB, str(job.id))
    session.out.answer(job, job.result_message)
    if not job.succeeded:
        raise failed("Not all of the job succeeded.", "Look at: tidegate errors list")


def _progress(job: AlmJobView) -> str:
    now = job.progress
    if not now.due:
        return f"{now.tasks} tasks listed"
    return f"{now.done} of {now.due} looked at, {100 * now.done // now.due} %"


async def _jobs(session: Session, node: NodeClient) -> None:
    named = session.text("connection")
    wanted = str((await _named(node, named)).id) if named else ""
    query = AlmJobQuery(connection=wanted, page_size=_SHOWN)
    found = await node.get(ALM_JOBS, query=query)
    rows = [
        (job.id, job.connection.alias, job.last_run or "", job.user, _state(job),
         job.result_message)
        for job in found.results
    ]  # fmt: skip
    headings = ("id", "connection", "when (UTC)", "by", "status", "result")
    session.out.answer(found, table(headings, rows) if rows else "No jobs yet.")


def _state(job: AlmJobView) -> str:
    if not job.ready:
        return "under way"
    return "done" if job.succeeded else "failed"


async def _named(node: NodeClient, word: str) -> AlmConnectionView:
    listed: AlmList[AlmConnectionView] = await node.get(ALM_CONNECTIONS, query=AlmConnectionQuery())
    found = listed.results
    for each in found:
        if word in (str(each.id), each.alias):
            return each
    names = ", ".join(f"{each.id} ({each.alias})" for each in found) or "none yet"
    raise failed(f"There is no ALM connection {word!r}.", f"There are: {names}.")
