"""`queue`: what waits, and since when."""

from rich.console import RenderableType

from schemas.node_api import QueueView
from schemas.node_routes import QUEUE
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node


def add_to(commands: Commands) -> None:
    command(commands, "queue", "tell what waits, and since when", on_node(_queue), examples="queue")


async def _queue(session: Session, node: NodeClient) -> None:
    waits = await node.get(QUEUE)
    shown = facts(
        [
            ("due now", f"{waits.due}{_since(waits.oldest_due)}"),
            ("due later", waits.later),
            ("in work", waits.working),
            ("arrived", waits.arrived),
            ("waits for a person", waits.parked),
            ("not confirmed by peers", f"{waits.outbox}{_since(waits.oldest_outbox)}"),
        ]
    )
    session.out.answer(waits, shown, *_peers(waits))


def _peers(waits: QueueView) -> tuple[RenderableType, ...]:
    rows = [(each.peer, each.messages, moment(each.oldest)) for each in waits.peers]
    return ("\n", table(("other node", "messages", "the oldest of (UTC)"), rows)) if rows else ()


def _since(oldest: int | None) -> str:
    return "" if oldest is None else f", the oldest of {moment(oldest)} UTC"
