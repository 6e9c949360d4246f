"""`connector`: trackers that this node may talk to."""

from argparse import ArgumentParser
from collections.abc import Iterable
from pkgutil import resolve_name
from typing import Any

import msgspec

from schemas.api import PageQuery
from schemas.connector_api import (
    ConnectorAdd,
    ConnectorChange,
    ConnectorCheck,
    ConnectorCheckBody,
    ConnectorView,
)
from schemas.redaction import names_secret
from schemas.routes import (
    CONNECTOR,
    CONNECTOR_ADD,
    CONNECTOR_CHANGE,
    CONNECTOR_CHECK,
    CONNECTOR_REMOVE,
    CONNECTORS,
)
from service.cli import connector_facts
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import facts, moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node

NAME = "connector"
_ADD_EXAMPLES = """\
connector add jira jira https://jira.example.com --param token=@token.txt
connector add boards azure-devops https://dev.azure.com/acme --param token=env:PAT
connector add hub github --param token=@token.txt
connector add jira jira https://jira.example.com --param projects:='["WEB", "OPS"]'"""


def add_to(commands: Commands, *, load: bool = True) -> None:
    """Loads the adapters, to tell their names, only where the command line needs this group."""
    connector = group(commands, NAME, "The trackers that this node talks to")
    add = command(
        connector, "add", "add a tracker and check it", on_node(_add), examples=_ADD_EXAMPLES
    )
    add.add_argument("name", help="how you call it; stands in its webhook's address")
    systems = ", ".join(resolve_name("adapters.registry:names")()) if load else "what it is"
    add.add_argument("system", help=systems)
    add.add_argument("address", nargs="?", default="", help="the same as --param url=ADDRESS")
    _add_params(add, "add it even if it does not answer")
    listed = command(
        connector, "list", "list the connectors", on_node(_list), examples="connector list"
    )
    add_paging(listed)
    show = command(
        connector,
        "show",
        "show one, with its settings",
        on_node(_show),
        examples="connector show jira",
    )
    show.add_argument("name")
    check = command(
        connector,
        "check",
        "check server, credentials, project and permissions",
        on_node(_check),
        examples="connector check jira --project WEB",
    )
    check.add_argument("name")
    check.add_argument("--project", default="", help="check this project's permissions too")
    change = command(
        connector,
        "set",
        "change settings, such as an expired token",
        on_node(_set),
        examples="connector set jira --param token=@token.txt",
    )
    change.add_argument("name")
    _add_params(change, "set it even if it does not answer")
    remove = command(
        connector,
        "remove",
        "remove a connector that no connection uses",
        on_node(_remove),
        examples="connector remove jira",
    )
    remove.add_argument("name")
    connector_facts.add_to(connector)


def _add_params(parser: ArgumentParser, no_check: str) -> None:
    parser.add_argument(
        "--param",
        action="append",
        metavar="NAME=VALUE",
        help="a setting; VALUE may be @file or env:NAME. NAME:=JSON gives numbers and lists",
    )
    parser.add_argument(
        "--allow-network",
        action="append",
        metavar="CIDR",
        help="a network that this tracker may be in beside public and private ones; repeatable",
    )
    parser.add_argument("--no-check", action="store_true", help=no_check)


async def _add(session: Session, node: NodeClient) -> None:
    params = _params(session)
    if session.text("address"):
        params["url"] = session.text("address")
    _ask_credentials(session, params)
    body = ConnectorAdd(
        name=session.text("name"),
        system=session.text("system"),
        params=params,
        check=not session.flag("no_check"),
    )
    added = await node.send(CONNECTOR_ADD, body=body)
    session.out.answer(added, f"Added the connector {added.name}.", _facts(added))


async def _set(session: Session, node: NodeClient) -> None:
    body = ConnectorChange(_params(session), check=not session.flag("no_check"))
    changed = await node.send(CONNECTOR_CHANGE, session.text("name"), body=body)
    session.out.answer(changed, f"Changed the connector {changed.name}.", _facts(changed))


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(CONNECTORS, query=query)
    rows = [
        (each.name, each.system, each.params.get("url", ""), each.connections, each.webhook_path)
        for each in page.results
    ]
    shown = table(("name", "system", "address", "connections", "webhook path"), rows)
    session.out.page(page, shown, "No connectors yet: tidegate connector add --help")


async def _show(session: Session, node: NodeClient) -> None:
    shown = await node.get(CONNECTOR, session.text("name"))
    session.out.answer(shown, _facts(shown))


async def _check(session: Session, node: NodeClient) -> None:
    body = ConnectorCheckBody(session.text("project"))
    checked = await node.send(CONNECTOR_CHECK, session.text("name"), body=body)
    session.out.answer(checked, table(("check", "result", "says", "next step"), _stages(checked)))
    if not checked.passed:
        raise failed(
            f"The connector {checked.connector} does not pass its check.",
            "Follow the next step of each line that failed, then check it again.",
        )


async def _remove(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    await node.send(CONNECTOR_REMOVE, name)
    session.out.answer({"removed": name}, f"Removed the connector {name}.")


def _params(session: Session) -> dict[str, Any]:
    networks = session.words("allow_network")
    params: dict[str, Any] = {"allow_networks": list(networks)} if networks else {}
    for text in session.words("param"):
        name, equals, value = text.partition("=")
        if not equals or not name:
            # Not repeated: it may be a secret.
            raise failed("--param takes NAME=VALUE.", "Such as --param url=https://…", Ending.USAGE)
        if name.endswith(":"):
            params[name[:-1]] = _json(name[:-1], value)
        else:
            params[name] = session.given(value, f"--param {name}")
            if names_secret(name) and params[name] == value:
                session.out.warn(
                    f"{name} now stands in the shell's history; {name}=@file keeps it out."
                )
    return params


def _json(name: str, value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise failed(
            f"--param {name}: this is no JSON: {error}",
            f"Write {name}=TEXT for text.",
            Ending.USAGE,
        ) from error


def _ask_credentials(session: Session, params: dict[str, Any]) -> None:
    if session.ask is None or any(params.get(name) for name in ("token", "password")):
        return
    name = "password" if "user" in params else "token"
    given = session.ask(f"{name} for {params.get('url', session.text('system'))} (not shown): ")
    if not given:
        raise failed(
            f"No {name} was given.", f"Type it, or give --param {name}=@FILE.", Ending.USAGE
        )
    params[name] = given


def _facts(connector: ConnectorView) -> Any:
    return facts(
        [
            ("name", connector.name),
            ("system", connector.system),
            *((name, value) for name, value in connector.params.items()),
            ("webhook path", connector.webhook_path),
            ("created", moment(connector.created)),
        ]
    )


def _stages(checked: ConnectorCheck) -> Iterable[tuple[str, str, str, str]]:
    return (
        (stage.stage, "pass" if stage.passed else "fail", stage.message, stage.remedy)
        for stage in checked.stages
    )
