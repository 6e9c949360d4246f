"""`task`: bulk work, which the node does while nobody waits for it."""

from pathlib import Path

from rich.console import RenderableType

from schemas.bulk import TaskDetail, TaskQuery, TaskStart, TaskView
from schemas.node_routes import TASK, TASK_CANCEL, TASK_RESUME, TASK_START, TASKS
from schemas.pairs_api import PairClaim
from service.cli import pairs, task_progress
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node, read_text

_KINDS = ("sync", "retry", "ignore", "stop", "pair", "recheck")
_STATUSES = ("waiting", "running", "done", "failed", "cancelled", "interrupted")
_START_EXAMPLES = """\
task start sync --connection acme-globex
task start sync --connection acme-globex --issue WEB-42 WEB-43
task start stop --connection acme-globex --issues @issues.txt
task start retry --kind-of-error mapping
task start pair --connection acme-globex --pairs pairs.csv"""


def add_to(commands: Commands) -> None:
    task = group(commands, "task", "Bulk work, and how far it is")
    _add_start(task)
    listed = command(
        task,
        "list",
        "list bulk work, the newest first",
        on_node(_list),
        examples="task list\ntask list --status running",
    )
    listed.add_argument("--status", choices=_STATUSES, help="in this state only")
    add_paging(listed)
    for name, summary, call in (
        ("show", "tell how far it is, and what went wrong", on_node(_show)),
        ("cancel", "cancel it; what was done stays done", on_node(_cancel)),
        ("resume", "go on with it, or try again what failed", on_node(_resume)),
    ):
        made = command(task, name, summary, call, examples=f"task {name} 01j8z3")
        made.add_argument("id", help="as `task list` shows it")
    task_progress.add_to(task)


def _add_start(task: Commands) -> None:
    start = command(task, "start", "begin bulk work", on_node(_start), examples=_START_EXAMPLES)
    start.add_argument(
        "kind",
        choices=_KINDS,
        help="sync: put issues under sync or ring for them; retry, ignore: issues that wait for a "
        "person; stop: end the sync of issues; pair: pair issues that exist on both sides; "
        "recheck: reconcile all that is under sync",
    )
    start.add_argument(
        "--issue",
        nargs="+",
        action="extend",
        metavar="KEY",
        help="of sync and stop; sync without any takes the whole project",
    )
    start.add_argument(
        "--issues", default="", metavar="@FILE", help="the same, one a line; - for standard input"
    )
    start.add_argument("--pairs", default="", metavar="FILE", help="of pair: a CSV file of pairs")
    start.add_argument("--connection", default="", help="of this connection only")
    start.add_argument(
        "--kind-of-error", default="", metavar="KIND", help="of retry and ignore, such as mapping"
    )


async def _start(session: Session, node: NodeClient) -> None:
    file = session.text("pairs")
    if (session.text("kind") == "pair") != bool(file):
        raise failed(
            "`pair` needs --pairs, and nothing else takes it.",
            "tidegate task start pair --connection NAME --pairs pairs.csv",
            Ending.USAGE,
        )
    body = TaskStart(
        kind=session.arguments.kind,
        connection=session.text("connection"),
        issues=(*session.words("issue"), *_listed(session)),
        pairs=_claims(file) if file else (),
        fault=session.text("kind_of_error"),
    )
    begun = await node.send(TASK_START, body=body)
    session.out.answer(
        begun, f"Begun as {begun.id}.", f"How far it is: tidegate task show {begun.id}"
    )


def _listed(session: Session) -> tuple[str, ...]:
    text = session.given(session.text("issues"), "--issues")
    return tuple(filter(None, (line.strip() for line in text.splitlines())))


def _claims(file: str) -> tuple[PairClaim, ...]:
    return tuple(pairs.from_csv(read_text(Path(file), "--pairs"), file))


async def _list(session: Session, node: NodeClient) -> None:
    query = TaskQuery(session.number("page"), session.number("page_size"), session.arguments.status)
    page = await node.get(TASKS, query=query)
    headings = ("begun (UTC)", "task", "what", "connection", "status", "done", "failed", "by")
    session.out.page(page, table(headings, map(_row, page.results)), "No bulk work yet.")


def _row(task: TaskView) -> tuple[object, ...]:
    return (
        moment(task.created),
        task.id,
        task.kind,
        task.connection or "all",
        task.status,
        _progress(task),
        task.failed,
        task.created_by,
    )


def _progress(task: TaskView) -> str:
    return str(task.done) if task.total is None else f"{task.done} of {task.total}"


async def _show(session: Session, node: NodeClient) -> None:
    shown = await node.get(TASK, session.text("id"))
    session.out.answer(shown, *_detail(shown))


def _detail(task: TaskDetail) -> list[RenderableType]:
    shown: list[RenderableType] = [
        facts(
            [
                ("task", task.id),
                ("what", task.kind),
                ("connection", task.connection or "all"),
                ("status", task.status),
                ("because", task.message),
                ("done", _progress(task)),
                ("failed", task.failed or ""),
                ("asked for", f"{moment(task.created)} UTC, by {task.created_by}"),
                ("began", moment(task.began)),
                ("ended", moment(task.ended)),
            ]
        )
    ]
    if task.problems:
        rows = [(each.subject, each.detail) for each in task.problems]
        shown += ["", table(("issue", "what went wrong"), rows)]
    return shown


async def _cancel(session: Session, node: NodeClient) -> None:
    _tell(session, await node.send(TASK_CANCEL, session.text("id")))


async def _resume(session: Session, node: NodeClient) -> None:
    _tell(session, await node.send(TASK_RESUME, session.text("id")))


def _tell(session: Session, task: TaskView) -> None:
    session.out.answer(task, f"{task.id} is {task.status}, {_progress(task)} done.")
