"""`connection`: agreements with other sides."""

from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from schemas.api import (
    ConnectionAccept,
    ConnectionInitiate,
    ConnectionInitiated,
    ConnectionView,
    PageQuery,
    RulesPut,
)
from schemas.routes import (
    CONNECTION,
    CONNECTION_ACCEPT,
    CONNECTION_INITIATE,
    CONNECTION_PAUSE,
    CONNECTION_REMOVE,
    CONNECTION_RESUME,
    CONNECTION_SETTINGS,
    CONNECTIONS,
    RULES,
    RULES_PUT,
)
from service.cli import side_settings
from service.cli.ending import Ending, failed
from service.cli.findings import findings_text
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Call, Session, on_node, read_text

_INITIATE_EXAMPLES = """\
connection initiate acme-globex --connector jira --local-side acme --remote-side globex
connection initiate here --connector jira --remote-connector boards \\
      --local-side jira --remote-side boards --project WEB --remote-project Tidegate"""
_ACCEPT_EXAMPLES = """\
connection accept @invitation.txt --connector boards --project Tidegate"""
_RULES_EXAMPLES = """\
connection rules acme-globex --save-to rules/
connection rules acme-globex --outgoing rules/outgoing.py --incoming rules/incoming.py"""


def add_to(commands: Commands) -> None:
    connection = group(commands, "connection", "Agreements to keep issues in step")
    _add_initiate(connection)
    _add_accept(connection)
    add_paging(command(connection, "list", "list the connections", on_node(_list)))
    for name, summary, call in (
        ("show", "show one connection", on_node(_show)),
        ("pause", "let a connection rest; changes wait", on_node(_pause)),
        ("resume", "let it go on", on_node(_resume)),
        ("remove", "end a connection; the issues stay as they are", on_node(_remove)),
    ):
        command(connection, name, summary, call).add_argument("name")
    _add_set(connection, on_node(_set))
    _add_rules(connection, on_node(_rules))


def _add_initiate(connection: Commands) -> None:
    made = command(
        connection,
        "initiate",
        "begin a connection and print the invitation for the other side",
        on_node(_initiate),
        examples=_INITIATE_EXAMPLES,
    )
    made.add_argument("name")
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
        help="the other node, where this one is private and invites",
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
    made.add_argument("--mode", default="basic", choices=("basic", "visual", "script"))
    made.add_argument("--description", default="")
    side_settings.add_to(made)


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


def _add_rules(connection: Commands, call: Call) -> None:
    made = command(
        connection,
        "rules",
        "show a connection's rules, or save others",
        call,
        examples=_RULES_EXAMPLES,
    )
    made.add_argument("name")
    made.add_argument("--outgoing", metavar="FILE", help="the new outgoing rule")
    made.add_argument("--incoming", metavar="FILE", help="the new incoming rule")
    made.add_argument("--message", default="", help="why, for the history")
    made.add_argument("--save-to", metavar="FOLDER", help="write outgoing.py and incoming.py there")


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
        remote_connector=session.text("remote_connector"),
        remote_settings=side_settings.of_other_end(session) if local else None,
        valid_hours=session.number("valid_hours"),
    )
    begun = await node.send(CONNECTION_INITIATE, body=body)
    session.out.answer(begun, *_begun(begun))


def _begun(begun: ConnectionInitiated) -> list[RenderableType]:
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
        f"Then compare the check string: tidegate connection show {name}",
    ]


async def _accept(session: Session, node: NodeClient) -> None:
    body = ConnectionAccept(
        invitation=session.given(session.text("invitation"), "the invitation"),
        connector=session.text("connector"),
        name=session.text("name"),
        mode=session.arguments.mode,
        settings=side_settings.given(session),
        description=session.text("description"),
    )
    accepted = await node.send(CONNECTION_ACCEPT, body=body)
    session.out.answer(accepted, _facts(accepted), _advice(accepted))


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(CONNECTIONS, query=query)
    rows = [
        (
            c.name,
            c.status,
            c.type,
            f"{c.local_side} - {c.remote_side}",
            c.connector,
            c.twins,
            c.parked,
        )
        for c in page.items
    ]
    headings = ("name", "status", "type", "sides", "connector", "twins", "errors")
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


async def _pause(session: Session, node: NodeClient) -> None:
    paused = await node.send(CONNECTION_PAUSE, session.text("name"))
    session.out.answer(paused, f"{paused.name} is {paused.status}.")


async def _resume(session: Session, node: NodeClient) -> None:
    resumed = await node.send(CONNECTION_RESUME, session.text("name"))
    session.out.answer(resumed, f"{resumed.name} is {resumed.status}.")


async def _remove(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    await node.send(CONNECTION_REMOVE, name)
    session.out.answer({"removed": name}, f"Removed the connection {name}; the issues stay.")


async def _rules(session: Session, node: NodeClient) -> None:
    if session.text("outgoing") or session.text("incoming"):
        await _save_rules(session, node)
        return
    rules = await node.get(RULES, session.text("name"))
    files = {"outgoing.py": rules.outgoing, "incoming.py": rules.incoming}
    if session.text("save_to"):
        folder = Path(session.text("save_to"))
        _write(folder, files)
        session.out.answer(rules, f"Wrote version {rules.version} to {folder}.")
        return
    parts = [f"# {name}, version {rules.version}\n\n{text}" for name, text in files.items()]
    session.out.answer(rules, *map(Text, parts))


async def _save_rules(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    known = await node.get(RULES, name)
    outgoing, incoming = session.text("outgoing"), session.text("incoming")
    body = RulesPut(
        outgoing=read_text(Path(outgoing), "--outgoing") if outgoing else known.outgoing,
        incoming=read_text(Path(incoming), "--incoming") if incoming else known.incoming,
        message=session.text("message"),
        based_on=known.version,
    )
    saved = await node.send(RULES_PUT, name, body=body)
    if saved.version is None:
        session.out.answer(saved, findings_text(saved.findings))
        raise failed("The rules were not saved.", "Correct what is marked above.", Ending.FAILED)
    session.out.answer(saved, f"Saved as version {saved.version}.")


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise failed(f"--save-to: cannot write to {folder}: {error.strerror}.") from error


def _facts(c: ConnectionView) -> Any:
    return facts(
        [
            ("connection", c.name),
            ("status", c.status),
            ("because", c.reason),
            ("type", c.type),
            ("mode", c.mode),
            ("sides", f"{c.local_side} (here) - {c.remote_side}"),
            ("connector", c.connector),
            ("other node", c.peer),
            ("check string", c.check),
            ("project", c.settings.project),
            ("issue type", c.settings.issue_type),
            ("conflicts", c.settings.conflict_policy),
            ("rules", f"version {c.rules_version}"),
            ("twins", f"{c.twins}, of which {c.parked} wait for a person"),
            ("description", c.description),
        ]
    )


def _advice(c: ConnectionView) -> str:
    if c.check:
        return "Both sides' admins must see the same check string: compare it by phone or chat."
    return ""
