"""`events`: what is decided and how bulk work goes on, as it happens."""

import asyncio

from schemas.bulk import TaskView
from schemas.news import News, NewsQuery
from schemas.node import Activity
from service.cli.activity import detail_text
from service.cli.ending import CommandFailed, Ending
from service.cli.node_client import NodeClient
from service.cli.output import clean, moment
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node

AGAIN_SECONDS = 3.0


def add_to(commands: Commands) -> None:
    made = command(
        commands,
        "events",
        "tell what happens, as it happens, until the node ends",
        on_node(_events),
        examples="events\nevents --follow --connection acme-globex\nevents --after 1200 --json",
    )
    made.add_argument("--follow", action="store_true", help="go on when the node is back")
    made.add_argument("--connection", default="", help="about this connection only")
    made.add_argument("--after", type=int, metavar="ID", help="begin after this event, not now")


async def _events(session: Session, node: NodeClient) -> None:
    follow, last = session.flag("follow"), session.arguments.after
    connection = session.text("connection")
    while True:
        try:
            async for news in node.events(NewsQuery(connection, last)):
                last = last if news.id is None else news.id
                session.out.entry(news, _line(news))
        except CommandFailed as failure:
            if not follow or failure.ending != Ending.NOT_RUNNING:
                raise
        if not follow:
            return
        session.out.warn("The node has ended; waiting until it is back.")
        await asyncio.sleep(AGAIN_SECONDS)


def _line(news: News) -> str:
    data = news.data
    if isinstance(data, TaskView):
        total = "" if data.total is None else f" of {data.total}"
        return clean(f"task {data.id} {data.kind}: {data.status}, {data.done}{total} done")
    return _activity(data, news.connection)


def _activity(data: Activity, connection: str) -> str:
    parts = (moment(data.at), data.event, connection, data.issue or data.twin, detail_text(data))
    return clean("  ".join(filter(None, parts)))
