"""`twin`: one pair of issues is stopped, goes on, or is made of two issues that exist."""

from schemas.pairs_api import PairAgainBody, PairClaim
from schemas.routes import CONNECTION_PAIR_AGAIN, TWIN, TWIN_START, TWIN_STOP, TWINS
from schemas.twin_api import TwinQuery, TwinStop, TwinView
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.parsing import Commands, command, group
from service.cli.session import Session, on_node


def add_to(commands: Commands) -> None:
    twin = group(commands, "twin", "One pair of issues; `twins` lists and shows them")
    for name, summary, call in (
        ("stop", "end its sync on both sides; both issues stay", on_node(_stop)),
        ("start", "let a stopped one go on", on_node(_start)),
    ):
        made = command(
            twin,
            name,
            summary,
            call,
            examples=f"twin {name} WEB-42\ntwin {name} WEB-42 --connection acme-globex",
        )
        made.add_argument("which", help="its local issue; with --connection also the twin's id")
        made.add_argument("--connection", default="", help="where the issue has several")
        if name == "stop":
            made.add_argument("--reason", default="", help="why; the other side is shown it too")
    connect = command(
        twin,
        "connect",
        "pair two issues that exist; the other side's admin has to do it too",
        on_node(_connect),
        examples="twin connect 10042 17 --connection acme-globex --dry-run",
    )
    connect.add_argument("local", help="the local issue's id")
    connect.add_argument("remote", help="the other side's issue's id")
    connect.add_argument("--connection", required=True)
    connect.add_argument("--dry-run", action="store_true", help="only tell what would be done")


async def _stop(session: Session, node: NodeClient) -> None:
    found = await _find(session, node)
    body = TwinStop(session.text("reason"))
    stopped = await node.send(TWIN_STOP, found.connection, found.id, body=body)
    session.out.answer(stopped, f"{_named(stopped)} is {stopped.status}; both issues stay.")


async def _start(session: Session, node: NodeClient) -> None:
    found = await _find(session, node)
    started = await node.send(TWIN_START, found.connection, found.id)
    session.out.answer(started, f"{_named(started)} goes on: {started.status}.")


async def _connect(session: Session, node: NodeClient) -> None:
    name, dry = session.text("connection"), session.flag("dry_run")
    claim = PairClaim(session.text("local"), session.text("remote"))
    report = await node.send(CONNECTION_PAIR_AGAIN, name, body=PairAgainBody((claim,), dry))
    row = report.rows[0]
    if row.outcome not in ("paired", "already"):
        why = row.detail or row.outcome.replace("_", " ")
        raise failed(
            f"{row.local_id} and {row.remote_id} were not paired: {why}",
            "Both are given by id, as `tidegate connection pairs` shows them.",
        )
    would = "would be " if dry else ""
    said = "were a pair already" if row.outcome == "already" else f"{would}paired here"
    session.out.answer(report, f"{row.local_id} and {row.remote_id}: {said}.")


async def _find(session: Session, node: NodeClient) -> TwinView:
    which, connection = session.text("which"), session.text("connection")
    page = await node.get(TWINS, query=TwinQuery(connection=connection, issue=which))
    if not page.results and connection:
        return (await node.get(TWIN, connection, which)).twin
    if not page.results:
        raise failed(f"{which} is under no sync.", "See `tidegate twins`.")
    if page.count > 1:
        names = ", ".join(each.connection for each in page.results)
        raise failed(
            f"{which} is under sync in several connections: {names}.",
            "Name one with --connection.",
            Ending.USAGE,
        )
    return page.results[0]


def _named(twin: TwinView) -> str:
    return f"{twin.issue or twin.id} in {twin.connection}"
