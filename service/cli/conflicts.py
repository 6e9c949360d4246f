"""`conflicts`: what both sides had changed, how it was decided, and the loser put back."""

from schemas.conflict_api import ConflictQuery
from schemas.record_routes import CONFLICT, CONFLICT_RESTORE, CONFLICTS
from service.cli.node_client import NodeClient
from service.cli.output import clean, facts, moment, table, value_words
from service.cli.parsing import Commands, add_long_paging, command, group
from service.cli.session import Session, on_node

_LONG = 60


def add_to(commands: Commands) -> None:
    conflicts = group(commands, "conflicts", "Fields that both sides had changed")
    listed = command(
        conflicts,
        "list",
        "list them, the newest first",
        on_node(_list),
        examples="conflicts list --connection acme-globex",
    )
    listed.add_argument("--connection", default="", help="of this connection only")
    listed.add_argument("--twin", default="", help="of this twin only")
    add_long_paging(listed)
    for name, does, call in (
        ("show", "show both values", _show),
        ("restore", "put the losing value back, as an edit of yours", _restore),
    ):
        made = command(
            conflicts, name, does, on_node(call), examples=f"conflicts {name} acme-globex 17"
        )
        made.add_argument("connection")
        made.add_argument("number", help="as `conflicts list` shows it")


async def _list(session: Session, node: NodeClient) -> None:
    query = ConflictQuery(
        session.number("page"),
        session.number("page_size"),
        session.text("connection"),
        session.text("twin"),
        cursor=session.text("cursor"),
    )
    page = await node.get(CONFLICTS, query=query)
    rows = [
        (
            str(each.id),
            moment(each.at),
            each.connection,
            each.issue or each.twin,
            each.field,
            f"{each.side} ({each.decided_by})",
            value_words(each.kept)[:_LONG],
            value_words(each.lost)[:_LONG] + (" (restored)" if each.restored else ""),
        )
        for each in page.results
    ]
    headings = ("number", "when (UTC)", "connection", "issue", "field", "won", "stands", "lost")
    session.out.page(page, table(headings, rows), "There was no conflict.")


async def _show(session: Session, node: NodeClient) -> None:
    found = await node.get(CONFLICT, session.text("connection"), session.text("number"))
    shown = facts(
        [
            ("issue", found.issue),
            ("field", found.field),
            ("won", f"{found.side}, decided by {found.decided_by}"),
            ("edited here", f"{moment(found.local_at)} UTC" if found.local_at else ""),
            ("edited there", f"{moment(found.remote_at)} UTC" if found.remote_at else ""),
            ("stands", clean(value_words(found.kept))),
            ("lost", clean(value_words(found.lost)) or "kept at the other side"),
            ("restored", f"{moment(found.restored)} UTC" if found.restored else ""),
        ]
    )
    session.out.answer(found, shown)


async def _restore(session: Session, node: NodeClient) -> None:
    found = await node.send(CONFLICT_RESTORE, session.text("connection"), session.text("number"))
    session.out.answer(found, f"{found.field} of {found.issue} is as it was before it lost.")
