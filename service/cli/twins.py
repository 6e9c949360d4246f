"""`sync` and `twins`."""

from rich.console import RenderableType

from schemas.routes import SYNC, TWIN, TWINS
from schemas.twin_api import SyncBody, TwinDetail, TwinQuery, TwinView
from service.cli.activity import activity_table
from service.cli.ending import failed
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_long_paging, command
from service.cli.session import Session, on_node

_STATUSES = ("in_step", "working", "waiting", "parked", "stopped")


def add_to(commands: Commands) -> None:
    sync = command(
        commands,
        "sync",
        "put an issue under sync, or ring for it",
        on_node(_sync),
        examples="sync WEB-42\nsync 1043 --connector boards --connection acme-globex",
    )
    sync.add_argument("issue", help="its key or id in the local tracker")
    sync.add_argument("--connection", default="", help="this connection only")
    sync.add_argument("--connector", default="", help="look in this tracker only")
    twins = command(
        commands,
        "twins",
        "list pairs of issues, or show those of one issue",
        on_node(_twins),
        examples="twins --status parked\ntwins WEB-42\ntwins --remote '#17'",
    )
    twins.add_argument("issue", nargs="?", default="", help="show the twins of this issue")
    twins.add_argument("--connection", default="", help="of this connection only")
    twins.add_argument("--remote", default="", help="of the other side's issue, by key or id")
    twins.add_argument("--status", choices=_STATUSES, help="in this state only")
    add_long_paging(twins)


async def _sync(session: Session, node: NodeClient) -> None:
    body = SyncBody(
        issue=session.text("issue"),
        connection=session.text("connection"),
        connector=session.text("connector"),
    )
    answer = await node.send(SYNC, body=body)
    lines = [
        f"{each.issue} is now under sync: {each.connection} (twin {each.twin})"
        if each.began
        else f"{each.issue} was under sync already; rang for it: {each.connection}"
        for each in answer.twins
    ]
    session.out.answer(answer, *lines)


async def _twins(session: Session, node: NodeClient) -> None:
    query = TwinQuery(
        page=session.number("page"),
        page_size=session.number("page_size"),
        connection=session.text("connection"),
        issue=session.text("issue"),
        remote=session.text("remote"),
        status=session.arguments.status,
        cursor=session.text("cursor"),
    )
    page = await node.get(TWINS, query=query)
    if query.issue:
        await _details(session, node, page.results)
        return
    rows = [
        (t.connection, t.issue, t.remote_issue, t.status, moment(t.reconciled_at), t.id)
        for t in page.results
    ]
    headings = ("connection", "issue", "other side", "status", "reconciled (UTC)", "twin")
    session.out.page(page, table(headings, rows), "No twins.")


async def _details(session: Session, node: NodeClient, found: tuple[TwinView, ...]) -> None:
    issue = session.text("issue")
    if not found:
        raise failed(f"{issue} is not under sync.", f"tidegate sync {issue}")
    details = [await node.get(TWIN, each.connection, each.id) for each in found]
    shown = [part for detail in details for part in _detail(detail)]
    session.out.answer({"twins": details}, *shown)


def _detail(detail: TwinDetail) -> list[RenderableType]:
    twin, error = detail.twin, detail.error
    shown: list[RenderableType] = [
        facts(
            [
                ("twin", twin.id),
                ("connection", twin.connection),
                ("issue", f"{twin.issue} {twin.url}".strip()),
                ("other side", f"{twin.remote_issue} {twin.remote_url}".strip()),
                ("status", twin.status),
                ("sent", f"version {twin.version}, confirmed {twin.acknowledged}"),
                ("received", f"version {twin.replica_version}, included {twin.included}"),
                ("comments", detail.comments),
                ("attachments", detail.attachments),
                (
                    "stopped by",
                    {"local": "this side", "remote": "the other side"}.get(twin.stopped_by),
                ),
                ("because", twin.stop_reason),
                ("attempts", twin.attempts),
                ("next attempt", moment(twin.due_at)),
                ("error", error.message if error else ""),
                ("next step", error.remedy if error else ""),
            ]
        )
    ]
    if detail.conflicts:
        rows = [(moment(c.at), c.field, c.winner, c.kept, c.lost) for c in detail.conflicts]
        shown += ["", table(("conflict (UTC)", "field", "winner", "kept", "lost"), rows)]
    if detail.losses:
        lost = [(loss.field, loss.reason) for loss in detail.losses]
        shown += ["", table(("not whole here", "why"), lost)]
    if detail.activity:
        shown += ["", activity_table(detail.activity)]
    return [*shown, ""]
