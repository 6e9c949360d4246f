"""`task`: bulk work, how far it is, and what became of each row."""

import asyncio
import csv
import io
from pathlib import Path

from rich.console import RenderableType

from schemas.bulk import TaskQuery, TaskRowsQuery, TaskRowView, TaskView
from schemas.node_routes import TASK, TASK_CANCEL, TASK_RESUME, TASK_ROWS, TASKS
from service.cli.ending import failed
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.pairs import harmless, write
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node

_STATUSES = ("waiting", "running", "done", "failed", "cancelled", "interrupted")
_UNDER_WAY = ("waiting", "running")
_LOOK_SECONDS = 1.0
_PAGE = 500


def add_to(commands: Commands) -> None:
    task = group(commands, "task", "Bulk work that goes on in the node")
    listed = command(task, "list", "list bulk work, the newest first", on_node(_list))
    listed.add_argument("--status", choices=_STATUSES)
    add_paging(listed)
    for name, summary, call in (
        ("show", "how far it is, and what went wrong", on_node(_show)),
        ("cancel", "end it; what was done stays done", on_node(_cancel)),
        ("resume", "go on with it, or try again what failed", on_node(_resume)),
        ("wait", "tell how far it is until it ends", on_node(_wait)),
    ):
        command(task, name, summary, call).add_argument("task")
    report = command(
        task,
        "report",
        "what became of each row, as CSV",
        on_node(_report),
        examples="task report 01J9 --outcome failed --out failed.csv",
    )
    report.add_argument("task")
    report.add_argument("--outcome", default="", help="only such rows: failed, paired, began, …")
    report.add_argument("--out", default="", metavar="FILE", help="write it there")


async def _list(session: Session, node: NodeClient) -> None:
    query = TaskQuery(session.number("page"), session.number("page_size"), session.arguments.status)
    page = await node.get(TASKS, query=query)
    rows = [
        (t.id, t.kind, t.connection, t.status, so_far(t), t.failed, moment(t.created))
        for t in page.results
    ]
    headings = ("task", "kind", "connection", "status", "done", "failed", "begun (UTC)")
    session.out.page(page, table(headings, rows), "No bulk work.")


async def _show(session: Session, node: NodeClient) -> None:
    task = await node.get(TASK, session.text("task"))
    shown: list[RenderableType] = [
        facts(
            [
                ("task", task.id),
                ("kind", task.kind),
                ("connection", task.connection),
                ("status", task.status),
                ("done", so_far(task)),
                ("failed", task.failed),
                ("begun by", task.created_by),
                ("ended (UTC)", moment(task.ended)),
                ("why", task.message),
            ]
        )
    ]
    if task.problems:
        rows = [(problem.subject, problem.detail) for problem in task.problems]
        shown += ["", table(("what", "why it failed"), rows)]
    session.out.answer(task, *shown)


async def _cancel(session: Session, node: NodeClient) -> None:
    task = await node.send(TASK_CANCEL, session.text("task"))
    session.out.answer(task, f"Cancelled; {so_far(task)} were done.")


async def _resume(session: Session, node: NodeClient) -> None:
    await follow(session, node, await node.send(TASK_RESUME, session.text("task")))


async def _wait(session: Session, node: NodeClient) -> None:
    found = await node.get(TASK, session.text("task"))
    await follow(session, node, found)


async def follow(session: Session, node: NodeClient, task: TaskView) -> None:
    """Tells how far it is until it ends. Whoever breaks off leaves the task going on."""
    told, seen = "", task
    while seen.status in _UNDER_WAY:
        if so_far(seen) != told:
            told = so_far(seen)
            session.out.warn(f"{seen.kind}: {told} done, {seen.failed} failed")
        await asyncio.sleep(_LOOK_SECONDS)
        newest = await node.get(TASK, task.id)
        seen = newest
    words = f"Task {seen.id} is {seen.status}: {so_far(seen)} done, {seen.failed} failed."
    advice = f"See each row: tidegate task report {seen.id}"
    if seen.status != "done":
        raise failed(f"{words} {seen.message}".strip(), f"tidegate task resume {seen.id}")
    session.out.answer(seen, words, advice)


def so_far(task: TaskView) -> str:
    return str(task.done) if task.total is None else f"{task.done} of {task.total}"


async def _report(session: Session, node: NodeClient) -> None:
    rows = await all_rows(node, session.text("task"), session.text("outcome"))
    text, out = as_csv(rows), session.text("out")
    if not out:
        session.out.answer(rows, text.rstrip("\n"))
        return
    write(Path(out), text)
    session.out.answer(rows, f"Wrote {len(rows)} rows to {out}.")


async def all_rows(node: NodeClient, task: str, outcome: str) -> list[TaskRowView]:
    rows: list[TaskRowView] = []
    number = 1
    while True:
        query = TaskRowsQuery(number, _PAGE, outcome)
        page = await node.get(TASK_ROWS, task, query=query)
        rows += page.results
        if not page.results or len(rows) >= page.count:
            return rows
        number += 1


def as_csv(rows: list[TaskRowView]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(TaskRowView.__struct_fields__)
    for row in rows:
        cells = (str(row.number), row.subject, row.outcome, row.detail)
        writer.writerow([harmless(cell) for cell in cells])
    return written.getvalue()
