"""`task wait` and `task report`: how far bulk work is, and what became of each row."""

import asyncio
import csv
import io
from pathlib import Path

from schemas.bulk import TaskRowsQuery, TaskRowView, TaskView
from schemas.node_routes import TASK, TASK_ROWS
from service.cli.ending import failed
from service.cli.node_client import NodeClient
from service.cli.pairs import harmless, write
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node

_UNDER_WAY = ("waiting", "running")
_LOOK_SECONDS = 1.0
_PAGE = 500


def add_to(task: Commands) -> None:
    wait = command(
        task,
        "wait",
        "tell how far it is until it ends",
        on_node(_wait),
        examples="task wait 01j8z3",
    )
    report = command(
        task,
        "report",
        "what became of each row, as CSV",
        on_node(_report),
        examples="task report 01j8z3 --outcome failed --out failed.csv",
    )
    for made in (wait, report):
        made.add_argument("task", help="as `task list` shows it")
    report.add_argument("--outcome", default="", help="only such rows: failed, paired, began, …")
    report.add_argument("--out", default="", metavar="FILE", help="write it there")


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
