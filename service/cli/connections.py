"""`connection`: agreements with other sides."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, get_args

from rich.console import RenderableType
from rich.text import Text

from schemas.agreement import Agreement
from schemas.connection_api import (
    ConnectionAccept,
    ConnectionConfirm,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionQuery,
    ConnectionRemove,
    ConnectionView,
    ProbeBody,
)
from schemas.node import ConnectionStatus, ConnectionType
from schemas.routes import (
    CONNECTION,
    CONNECTION_ACCEPT,
    CONNECTION_CONFIRM,
    CONNECTION_INITIATE,
    CONNECTION_PAUSE,
    CONNECTION_PROBE,
    CONNECTION_REMOVE,
    CONNECTION_RESUME,
    CONNECTION_SETTINGS,
    CONNECTIONS,
)
from service.cli import agreement, connection_rules, pairs, side_settings
from service.cli.ending import failed
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Call, Session, on_node

_INITIATE_EXAMPLES = """\
connection initiate --connector jira --local-side acme --remote-side globex --project WEB
connection initiate acme-globex --connector jira --local-side acme --remote-side globex \\
      --destination https://sync.globex.example --mode script --template advanced
connection initiate --connector jira --local-side acme --remote-side globex --relay @pass.txt
connection initiate here --connector jira --remote-connector boards \\
      --local-side jira --remote-side boards --project WEB --remote-project Tidegate"""
_ACCEPT_EXAMPLES = """\
connection accept @invitation.txt --connector boards --project Tidegate"""


def add_to(commands: Commands) -> None:
    connection = group(commands, "connection", "Agreements to keep issues in step")
    _add_initiate(connection)
    _add_accept(connection)
    _add_list(connection)
    for name, summary, call in (
        ("show", "show one connection", on_node(_show)),
        ("pause", "let a connection rest; changes wait", on_node(_pause)),
        ("resume", "let it go on", on_node(_resume)),
    ):
        made = command(connection, name, summary, call, examples=f"connection {name} acme-globex")
        made.add_argument("name")
    _add_confirm(connection)
    agreement.add_to(connection)
    _add_remove(connection)
    pairs.add_to(connection)
    command(
        connection,
        "probe",
        "look whether a node answers at a URL, and in which modes",
        on_node(_probe),
        examples="connection probe https://sync.globex.example",
    ).add_argument("address", metavar="URL", help="its public_url")
    _add_set(connection, on_node(_set))
    connection_rules.add_to(connection)


def _add_list(connection: Commands) -> None:
    made = command(
        connection,
        "list",
        "list the connections",
        on_node(_list),
        examples="connection list\nconnection list --status broken --connector jira",
    )
    made.add_argument("--type", choices=get_args(ConnectionType), help="of this type only")
    made.add_argument("--status", choices=get_args(ConnectionStatus), help="in this state only")
    made.add_argument("--connector", default="", help="of this tracker only")
    made.add_argument("--peer", default="", help="with this node only")
    made.add_argument("--search", default="", metavar="TEXT", help="in name and description")
    add_paging(made)


def _add_initiate(connection: Commands) -> None:
    made = command(
        connection,
        "initiate",
        "begin a connection and print the invitation for the other side",
        on_node(_initiate),
        examples=_INITIATE_EXAMPLES,
    )
    made.add_argument("name", nargs="?", default="", help="made from the sides' names if left out")
    made.add_argument("--connector", required=True, help="the local tracker")
    made.add_argument("--local-side", required=True, metavar="SIDE", help="our short name")
    made.add_argument("--remote-side", required=True, metavar="SIDE", help="their short name")
    made.add_argument("--mode", default="basic", choices=("basic", "visual", "script"))
    made.add_argument("--description", default="")
    made.add_argument("--valid-hours", type=int, default=24, metavar="N")
    made.add_argument(
        "--destination",
        default="",
        metavar="URL",
        help="the other node; without one, whoever has the code may accept it",
    )
    made.add_argument(
        "--relay",
        default="",
        metavar="PASS",
        help="where both sides are private: the pass of the relay at which they meet; or @file",
    )
    made.add_argument(
        "--remote-connector",
        default="",
        metavar="CONNECTOR",
        help="a second tracker of this node: a local connection, without an invitation",
    )
    side_settings.add_to(made)
    side_settings.add_agreed(made)
    made.add_argument("--remote-project", default="", help="of a local connection's other end")
    made.add_argument("--remote-type", default="", help="of a local connection's other end")
    _add_start(made)


def _add_accept(connection: Commands) -> None:
    made = command(
        connection,
        "accept",
        "accept an invitation",
        on_node(_accept),
        examples=_ACCEPT_EXAMPLES,
    )
    made.add_argument("invitation", help="the code; @file, env:NAME or - for standard input")
    made.add_argument("--connector", required=True, help="the local tracker")
    made.add_argument("--name", default="", help="another name than the inviting side chose")
    made.add_argument(
        "--mode",
        choices=("basic", "visual", "script"),
        help="refuse the invitation unless it is for this mode",
    )
    made.add_argument("--description", default="")
    side_settings.add_to(made)
    _add_start(made)


def _add_start(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--template",
        default="single-project",
        choices=("single-project", "advanced"),
        help="the first rules; advanced chooses the project of an incoming issue by a table",
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="confirm the check string in advance, unseen: among one's own nodes",
    )
    parser.add_argument(
        "--no-check", action="store_true", help="do not look the project up in the tracker"
    )


def _add_confirm(connection: Commands) -> None:
    made = command(
        connection,
        "confirm",
        "say that both sides see the same check string; nothing travels before both did",
        on_node(_confirm),
        examples='connection confirm acme-globex "1234 5678 9012 3456 7890 1234"',
    )
    made.add_argument("name")
    made.add_argument("check", nargs="?", default="", help="as the other side reads it")


def _add_remove(connection: Commands) -> None:
    made = command(
        connection,
        "remove",
        "end a connection on both sides; the issues stay as they are",
        on_node(_remove),
        examples="connection remove acme-globex --pairs pairs.csv --yes",
    )
    made.add_argument("name")
    made.add_argument("--pairs", default="", metavar="FILE", help="write the pairs there first")
    made.add_argument("--yes", action="store_true", help="also while issues are under sync")
    made.add_argument(
        "--force", action="store_true", help="do not tell the other side, and keep no record"
    )


def _add_set(connection: Commands, call: Call) -> None:
    made = command(
        connection,
        "set",
        "change this side's settings; what is not given stays",
        call,
        examples="connection set acme-globex --trigger-project WEB --trigger-label shared",
    )
    made.add_argument("name")
    side_settings.add_to(made)
    made.add_argument("--no-trigger", action="store_true", help="nothing comes in by itself")


async def _initiate(session: Session, node: NodeClient) -> None:
    local = bool(session.text("remote_connector"))
    body = ConnectionInitiate(
        name=session.text("name"),
        connector=session.text("connector"),
        local_side=session.text("local_side"),
        remote_side=session.text("remote_side"),
        mode=session.arguments.mode,
        settings=side_settings.given(session),
        description=session.text("description"),
        destination=session.text("destination"),
        relay=session.given(session.text("relay"), "--relay"),
        remote_connector=session.text("remote_connector"),
        remote_settings=side_settings.of_other_end(session) if local else None,
        valid_hours=session.number("valid_hours"),
        template=session.arguments.template,
        trusted=session.flag("trust"),
        check=not session.flag("no_check"),
    )
    begun = await node.send(CONNECTION_INITIATE, body=body)
    session.out.answer(begun, *begun_text(begun))


def begun_text(begun: ConnectionInitiated) -> list[RenderableType]:
    name = begun.connection.name
    if not begun.invitation:
        return [f"The local connection {name} is active."]
    return [
        f"Give this invitation to the other side, by a way that only they read. It works once,"
        f" until {moment(begun.expires)} UTC:",
        "",
        Text(begun.invitation),
        "",
        "They run: tidegate connection accept INVITATION --connector THEIR_TRACKER",
        f"Then compare the check string with theirs: tidegate connection show {name}",
        f"and, when both are the same: tidegate connection confirm {name}",
    ]


async def _accept(session: Session, node: NodeClient) -> None:
    body = ConnectionAccept(
        invitation=session.given(session.text("invitation"), "the invitation"),
        connector=session.text("connector"),
        name=session.text("name"),
        mode=session.arguments.mode,
        settings=side_settings.given(session),
        description=session.text("description"),
        template=session.arguments.template,
        trusted=session.flag("trust"),
        check=not session.flag("no_check"),
    )
    accepted = await node.send(CONNECTION_ACCEPT, body=body)
    session.out.answer(accepted, _facts(accepted), _advice(accepted))


async def _list(session: Session, node: NodeClient) -> None:
    query = ConnectionQuery(
        page=session.number("page"),
        page_size=session.number("page_size"),
        type=session.arguments.type,
        status=session.arguments.status,
        connector=session.text("connector"),
        peer=session.text("peer"),
        search=session.text("search"),
    )
    page = await node.get(CONNECTIONS, query=query)
    rows = [
        (
            c.name,
            c.status,
            c.type,
            f"{c.local_side} - {c.remote_side}",
            c.connector,
            c.peer,
            c.twins,
            c.parked,
            moment(c.last_sync),
        )
        for c in page.results
    ]
    headings = (
        *("name", "status", "type", "sides", "connector", "other node"),
        *("under sync", "errors", "last sync (UTC)"),
    )
    nothing = "No connections yet: tidegate connection initiate --help"
    session.out.page(page, table(headings, rows), nothing)


async def _show(session: Session, node: NodeClient) -> None:
    shown = await node.get(CONNECTION, session.text("name"))
    session.out.answer(shown, _facts(shown), _advice(shown))


async def _set(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    known = await node.get(CONNECTION, name)
    body = side_settings.changed(session, known.settings)
    changed = await node.send(CONNECTION_SETTINGS, name, body=body)
    session.out.answer(changed, _facts(changed))


async def _confirm(session: Session, node: NodeClient) -> None:
    body = ConnectionConfirm(session.text("check"))
    confirmed = await node.send(CONNECTION_CONFIRM, session.text("name"), body=body)
    session.out.answer(confirmed, _stands(confirmed))


async def _pause(session: Session, node: NodeClient) -> None:
    paused = await node.send(CONNECTION_PAUSE, session.text("name"))
    session.out.answer(paused, _stands(paused))


async def _resume(session: Session, node: NodeClient) -> None:
    resumed = await node.send(CONNECTION_RESUME, session.text("name"))
    session.out.answer(resumed, _stands(resumed))


def _stands(c: ConnectionView) -> str:
    return f"{c.name} is {c.status}. {c.reason}".strip()


async def _probe(session: Session, node: NodeClient) -> None:
    found = await node.send(CONNECTION_PROBE, body=ProbeBody(session.text("address")))
    shown = [
        ("node", found.node),
        ("version", found.release),
        ("protocol", found.protocol),
        ("modes", ", ".join(found.modes)),
    ]
    session.out.answer(found, f"A node answers at {found.url}.", facts(shown))


async def _remove(session: Session, node: NodeClient) -> None:
    name, file = session.text("name"), session.text("pairs")
    known = await node.get(CONNECTION, name)
    if file:
        pairs.write(Path(file), pairs.to_csv(await pairs.fetch(node, name)))
    sure = session.flag("yes") or session.flag("force")
    if known.twins and not sure:
        kept = "" if file else f" Keep them first: tidegate connection pairs {name} --out FILE."
        question = f"{known.twins} issues are under sync; their pairs will be forgotten.{kept}"
        if not session.agreed(question, "--yes"):
            raise failed(f"The connection {name} was not removed.", "Agree to it, or give --yes.")
    query = ConnectionRemove(confirmed=True, force=session.flag("force"))
    await node.send(CONNECTION_REMOVE, name, query=query)
    session.out.answer({"removed": name}, f"Removed the connection {name}; the issues stay.")


def _facts(c: ConnectionView) -> Any:
    return facts(
        [
            ("connection", c.name),
            ("status", c.status),
            ("since", moment(c.status_since)),
            ("because", c.reason),
            ("paused by", c.paused_by),
            ("type", c.type),
            ("mode", c.mode),
            ("sides", f"{c.local_side} (here) - {c.remote_side}"),
            ("connector", c.connector),
            ("other node", c.peer),
            ("meets at relay", c.via),
            ("check string", c.check),
            ("confirmed by", c.confirmed),
            ("project", c.settings.project),
            ("issue type", c.settings.issue_type),
            ("conflicts", _policies(c)),
            ("wished here", _agreement(c.wish_here)),
            (f"wished by {c.remote_side}", _agreement(c.wish_there)),
            ("rules", f"version {c.rules_version}"),
            ("answers dry runs", "yes" if c.settings.answers_dry_runs else ""),
            ("under sync", f"{c.twins} issues, of which {c.parked} wait for a person"),
            ("last sync", moment(c.last_sync)),
            ("description", c.description),
        ]
    )


def _policies(c: ConnectionView) -> str:
    now = c.settings
    return _agreement(Agreement(now.conflict_policy, now.field_policies, now.paragraphs))


def _agreement(known: Agreement | None) -> str:
    if known is None:
        return ""
    parts = [known.conflict_policy]
    parts += [f"{field}: {policy}" for field, policy in sorted(known.field_policies.items())]
    if known.paragraphs:
        parts.append(f"by paragraphs: {', '.join(known.paragraphs)}")
    return "; ".join(parts)


def _advice(c: ConnectionView) -> str:
    if c.check and c.status == "pending" and c.confirmed in ("", "remote"):
        return (
            "Both sides' admins must see the same check string: compare it by phone or chat, then\n"
            f"  tidegate connection confirm {c.name}"
        )
    if c.wish_there is not None and c.wish_there != c.wish_here:
        return (
            f"{c.remote_side} wishes conflicts to be decided in another way. To agree:\n"
            f"  tidegate connection agree {c.name} --accept"
        )
    return ""
