"""`peer`: other nodes and their keys. `node`: this node's own."""

from rich.table import Table

from schemas.api import PageQuery
from schemas.routes import (
    NODE,
    NODE_CLAIM,
    NODE_KEYS,
    NODE_ROTATE_IDENTITY,
    NODE_ROTATE_KEYS,
    PEER,
    PEER_RENEW,
    PEER_REVOKE,
    PEER_URL,
    PEERS,
)
from schemas.trust import KeysView, PeerRenew, PeerUrl, PeerView
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node

_RENEW_EXAMPLES = """\
peer renew globex
peer renew acme --code @code.txt"""


def add_to(commands: Commands) -> None:
    _add_peer(group(commands, "peer", "Other nodes, their keys and addresses"))
    node = group(commands, "node", "This node and its own keys")
    for name, summary, call in (
        ("show", "show its name, id, kind and version", on_node(_node)),
        ("keys", "show which keys this node has, and which peers know them", on_node(_keys)),
        ("rotate-keys", "take a new message key, as happens every week", on_node(_rotate_keys)),
        ("rotate-identity", "take a new identity; peers follow", on_node(_rotate_identity)),
        ("claim", "say that this node is the real one of two copies", on_node(_claim)),
    ):
        command(node, name, summary, call, examples=f"node {name}")


def _add_peer(peer: Commands) -> None:
    add_paging(command(peer, "list", "list the peers", on_node(_list), examples="peer list"))
    for name, summary, call in (
        ("show", "show one peer", on_node(_show)),
        ("revoke", "trust its keys no more; its connections stop", on_node(_revoke)),
    ):
        command(peer, name, summary, call, examples=f"peer {name} globex").add_argument(
            "peer", help="its name or id"
        )
    renew = command(
        peer,
        "renew",
        "pin its keys again by a code; its connections go on",
        on_node(_renew),
        examples=_RENEW_EXAMPLES,
    )
    renew.add_argument("peer", help="its name or id")
    renew.add_argument("--code", help="the code that the other node made; or @file, env:NAME, -")
    move = command(
        peer,
        "set-url",
        "say where it is now; who answers there is checked",
        on_node(_set_url),
        examples="peer set-url globex https://sync.globex.example",
    )
    move.add_argument("peer", help="its name or id")
    move.add_argument("to", metavar="URL")


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(PEERS, query=query)
    rows = [
        (each.name, each.kind, each.state, moment(each.last_contact), ", ".join(each.connections))
        for each in page.results
    ]
    shown = table(("name", "kind", "state", "last contact (UTC)", "connections"), rows)
    session.out.page(page, shown, "No peers yet: they come with a connection.")


async def _show(session: Session, node: NodeClient) -> None:
    view = await node.get(PEER, session.text("peer"))
    session.out.answer(view, _peer(view))


async def _revoke(session: Session, node: NodeClient) -> None:
    view = await node.send(PEER_REVOKE, session.text("peer"))
    session.out.answer(view, _peer(view))


async def _renew(session: Session, node: NodeClient) -> None:
    given = session.text("code")
    body = PeerRenew(session.given(given, "--code") if given else None)
    renewal = await node.send(PEER_RENEW, session.text("peer"), body=body)
    if renewal.code:
        shown = facts(
            [
                ("code", renewal.code),
                ("good until (UTC)", moment(renewal.expires)),
                ("next", "on the other node: tidegate peer renew PEER --code CODE"),
            ]
        )
        session.out.answer(renewal, shown)
        return
    session.out.answer(renewal, facts([("check string", renewal.check)]), _peer(renewal.peer))


async def _set_url(session: Session, node: NodeClient) -> None:
    view = await node.send(PEER_URL, session.text("peer"), body=PeerUrl(session.text("to")))
    session.out.answer(view, _peer(view))


async def _node(session: Session, node: NodeClient) -> None:
    view = await node.get(NODE)
    rows = [
        ("name", view.name),
        ("id", view.id),
        ("kind", view.kind),
        ("public url", view.public_url),
        ("version", view.version),
    ]
    session.out.answer(view, facts(rows))


async def _keys(session: Session, node: NodeClient) -> None:
    view = await node.get(NODE_KEYS)
    session.out.answer(view, _own(view))


async def _rotate_keys(session: Session, node: NodeClient) -> None:
    view = await node.send(NODE_ROTATE_KEYS)
    session.out.answer(view, _own(view))


async def _rotate_identity(session: Session, node: NodeClient) -> None:
    view = await node.send(NODE_ROTATE_IDENTITY)
    session.out.answer(view, _own(view))


async def _claim(session: Session, node: NodeClient) -> None:
    view = await node.send(NODE_CLAIM)
    session.out.answer(view, _own(view))


def _peer(view: PeerView) -> Table:
    ahead = "" if view.clock_ahead is None else f"{view.clock_ahead} s ahead of this node's"
    rows = [
        ("name", view.name),
        ("id", view.id),
        ("identity", view.identity),
        ("kind", view.kind),
        ("url", view.url),
        ("moved to, not allowed", view.refused_url),
        ("state", view.state),
        ("remedy", view.remedy),
        ("knows our keys", "yes" if view.knows_our_keys else "not yet"),
        ("last contact (UTC)", moment(view.last_contact)),
        ("away since (UTC)", moment(view.away_since)),
        ("cause", view.cause),
        ("clock", ahead),
        ("connections", ", ".join(view.connections)),
    ]
    return facts([(name, value) for name, value in rows if value])


def _own(view: KeysView) -> Table:
    rows = [
        ("identity", view.identity),
        ("earlier identities", ", ".join(view.earlier_identities)),
        ("card", view.serial),
        ("message keys kept", view.message_keys),
        ("newest made (UTC)", moment(view.message_key_made) if view.message_key_made else ""),
        ("known to", ", ".join(view.told)),
        ("not yet known to", ", ".join(view.waiting)),
    ]
    return facts([(name, value) for name, value in rows if value != ""])
