"""`activity`: what was decided for which change, and why."""

from collections.abc import Iterable

import msgspec
from rich.table import Table

from schemas.node import Activity
from schemas.routes import ACTIVITY
from schemas.twin_api import ActivityQuery
from service.cli.node_client import NodeClient
from service.cli.output import moment, table
from service.cli.parsing import Commands, add_long_paging, command
from service.cli.session import Session, on_node


def add_to(commands: Commands) -> None:
    parser = command(
        commands,
        "activity",
        "tell what was decided for which change, the newest first",
        on_node(_activity),
        examples="activity --connection acme-globex --page-size 20",
    )
    parser.add_argument("--connection", default="", help="of this connection only")
    parser.add_argument("--twin", default="", help="of this twin only")
    add_long_paging(parser)


async def _activity(session: Session, node: NodeClient) -> None:
    query = ActivityQuery(
        page=session.number("page"),
        page_size=session.number("page_size"),
        connection=session.text("connection"),
        twin=session.text("twin"),
        cursor=session.text("cursor"),
    )
    page = await node.get(ACTIVITY, query=query)
    session.out.page(page, activity_table(page.results), "Nothing was decided yet.")


def activity_table(activity: Iterable[Activity]) -> Table:
    rows = [
        (moment(each.at), each.event, each.connection, each.issue or each.twin, detail_text(each))
        for each in activity
    ]
    return table(("when (UTC)", "what", "connection", "issue", "why"), rows)


def detail_text(each: Activity) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else msgspec.json.encode(value).decode()}"
        for name, value in each.detail.items()
    )
