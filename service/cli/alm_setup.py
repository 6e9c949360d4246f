"""`alm connector`, `alm connection` and `alm systems`: what ALM jobs run over."""

from typing import Any

import msgspec

from schemas.alm import (
    FREQUENCIES,
    AlmConnectionCreate,
    AlmConnectionOneQuery,
    AlmConnectionPatch,
    AlmConnectionTest,
    AlmConnectionView,
    AlmConnectorCreate,
    AlmConnectorPatch,
    AlmConnectorQuery,
    AlmConnectorTest,
    AlmConnectorView,
    AlmListQuery,
)
from schemas.alm_routes import (
    ALM_CONNECTION,
    ALM_CONNECTION_CREATE,
    ALM_CONNECTION_DELETE,
    ALM_CONNECTION_PATCH,
    ALM_CONNECTION_TEST,
    ALM_CONNECTOR,
    ALM_CONNECTOR_CREATE,
    ALM_CONNECTOR_DELETE,
    ALM_CONNECTOR_PATCH,
    ALM_CONNECTOR_TEST,
    ALM_CONNECTORS,
    ALM_PLUGIN,
    ALM_PLUGINS,
)
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import table
from service.cli.parsing import Commands, command, group
from service.cli.session import Session, on_node

_CONNECTOR_PARAMS = """\
--param alm_server=api.github.com \\
      --param github_repo_owner=acme --param alm_api_token=@token.txt"""


def add_to(alm: Commands) -> None:
    systems = command(
        alm,
        "systems",
        "list the trackers, or the params of one",
        on_node(_systems),
        examples="alm systems\nalm systems github",
    )
    systems.add_argument("id", nargs="?", default="")
    _add_connectors(group(alm, "connector", "Trackers that connections use"))
    _add_connections(group(alm, "connection", "Projects of SD Elements with projects of trackers"))


def _params(made: Any) -> None:
    made.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE",
        help="may be repeated; VALUE may be @file, env:NAME or -",
    )  # fmt: skip


def _add_connectors(connector: Commands) -> None:
    command(
        connector,
        "list",
        "list the ALM connectors",
        on_node(_connectors),
        examples="alm connector list",
    )
    for name, summary, call in (
        ("add", "make one", on_node(_add_connector)),
        ("test", "look whether server and login are right, and keep nothing", on_node(_try)),
    ):
        example = f"alm connector {name} Team github {_CONNECTOR_PARAMS}"
        made = command(connector, name, summary, call, examples=example)
        made.add_argument("name")
        made.add_argument("system", help="as `alm systems` lists them")
        _params(made)
    for name, summary, call in (
        ("show", "show one with its params", on_node(_connector)),
        ("change", "put params over the known ones", on_node(_change_connector)),
        ("remove", "remove one that no connection uses", on_node(_remove_connector)),
    ):
        more = " --param alm_api_token=@token.txt" if name == "change" else ""
        made = command(connector, name, summary, call, examples=f"alm connector {name} 1{more}")
        made.add_argument("id")
        if name == "change":
            made.add_argument("--name", help="call it so")
            _params(made)


def _add_connections(connection: Commands) -> None:
    for name, summary, call in (
        ("add", "make one", on_node(_add_connection)),
        ("test", "look whether both projects are there, and keep nothing", on_node(_try_both)),
    ):
        example = f"alm connection {name} 'The shop' 1 17 --param alm_project=shop"
        made = command(connection, name, summary, call, examples=example)
        made.add_argument("alias")
        made.add_argument("connector", help="number of the ALM connector")
        made.add_argument("project", help="number of SD Elements' project")
        if name == "add":
            made.add_argument("--frequency", choices=FREQUENCIES, default="manually")
        _params(made)
    for name, summary, call in (
        ("show", "show one with its params", on_node(_connection)),
        ("change", "put params over the known ones", on_node(_change_connection)),
        ("remove", "remove one; tasks and issues stay", on_node(_remove_connection)),
    ):
        more = " --frequency daily" if name == "change" else ""
        made = command(connection, name, summary, call, examples=f"alm connection {name} 5{more}")
        made.add_argument("id")
        if name == "change":
            made.add_argument("--alias", help="call it so")
            made.add_argument("--frequency", choices=FREQUENCIES)
            _params(made)


def _given(session: Session) -> dict[str, Any]:
    found = {}
    for each in session.words("param"):
        name, sign, value = each.partition("=")
        if not name or not sign:
            raise failed(f"{each!r} is not NAME=VALUE.", "Correct --param.", Ending.USAGE)
        found[name] = session.given(value, name)
    return found


async def _systems(session: Session, node: NodeClient) -> None:
    if id := session.text("id"):
        plugin = await node.get(ALM_PLUGIN, id)
        rows = [
            (field.name, field.scope, "yes" if field.required else "", field.default,
             field.help_text)
            for section in plugin.sections for field in section.fields
        ]  # fmt: skip
        session.out.answer(plugin, table(("param", "of", "needed", "default", "meaning"), rows))
        return
    found = await node.get(ALM_PLUGINS, query=AlmListQuery())
    names = [(each.id, each.name) for each in found.results]
    session.out.answer(found, table(("id", "name"), names))


async def _connectors(session: Session, node: NodeClient) -> None:
    found = await node.get(ALM_CONNECTORS, query=AlmConnectorQuery())
    rows = [(each.id, each.name, each.system.name) for each in found.results]
    session.out.answer(found, table(("id", "name", "system"), rows))


async def _connector(session: Session, node: NodeClient) -> None:
    _tell(session, await node.get(ALM_CONNECTOR, session.text("id")))


async def _add_connector(session: Session, node: NodeClient) -> None:
    body = AlmConnectorCreate(session.text("name"), session.text("system"), _given(session))
    _tell(session, await node.send(ALM_CONNECTOR_CREATE, body=body))


async def _try(session: Session, node: NodeClient) -> None:
    body = AlmConnectorTest(session.text("name"), session.text("system"), _given(session))
    session.out.answer(await node.send(ALM_CONNECTOR_TEST, body=body), "It answers.")


async def _change_connector(session: Session, node: NodeClient) -> None:
    name = session.arguments.name or msgspec.UNSET
    body = AlmConnectorPatch(name=name, params=_given(session))
    _tell(session, await node.send(ALM_CONNECTOR_PATCH, session.text("id"), body=body))


async def _remove_connector(session: Session, node: NodeClient) -> None:
    id = session.text("id")
    await node.send(ALM_CONNECTOR_DELETE, id)
    session.out.answer({"removed": id}, f"Removed the ALM connector {id}.")


async def _connection(session: Session, node: NodeClient) -> None:
    query = AlmConnectionOneQuery(include="last_job")
    _tell(session, await node.get(ALM_CONNECTION, session.text("id"), query=query))


async def _add_connection(session: Session, node: NodeClient) -> None:
    body = AlmConnectionCreate(
        session.text("alias"),
        session.text("connector"),
        session.text("project"),
        _given(session),
        frequency=session.arguments.frequency,
    )
    _tell(session, await node.send(ALM_CONNECTION_CREATE, body=body))


async def _try_both(session: Session, node: NodeClient) -> None:
    connector = session.text("connector")
    known: AlmConnectorView = await node.get(ALM_CONNECTOR, connector)
    body = AlmConnectionTest(
        connector,
        session.text("alias"),
        session.text("project"),
        known.system.id,
        _given(session),
    )
    session.out.answer(await node.send(ALM_CONNECTION_TEST, body=body), "Both sides answer.")


async def _change_connection(session: Session, node: NodeClient) -> None:
    body = AlmConnectionPatch(
        alias=session.arguments.alias or msgspec.UNSET,
        params=_given(session),
        frequency=session.arguments.frequency or msgspec.UNSET,
    )
    _tell(session, await node.send(ALM_CONNECTION_PATCH, session.text("id"), body=body))


async def _remove_connection(session: Session, node: NodeClient) -> None:
    id = session.text("id")
    await node.send(ALM_CONNECTION_DELETE, id)
    session.out.answer({"removed": id}, f"Removed the ALM connection {id}; the issues stay.")


def _tell(session: Session, found: AlmConnectorView | AlmConnectionView) -> None:
    """Params, sorted by name; secrets come masked."""
    params = found.params if isinstance(found.params, dict) else {}
    name = found.name if isinstance(found, AlmConnectorView) else found.alias
    rows = [(key, str(value)) for key, value in sorted(params.items())]
    shown = table(("param", "value"), rows)
    session.out.answer(found, f"{found.id}  {name}  ({found.system.name})", shown)
