"""`relay`: this node as the meeting place of private ones."""

import re

from rich.text import Text

from schemas.api import PageQuery
from schemas.relay_api import RelayPassAdd, RelayPassView
from schemas.routes import RELAY_PASS_ADD, RELAY_PASS_REVOKE, RELAY_PASSES
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import moment, table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def add_to(commands: Commands) -> None:
    relay = group(commands, "relay", "This node as a meeting place of private ones")
    passes = group(relay, "pass", "Who may use this relay")
    made = command(
        passes,
        "add",
        "make a pass and print it for the admin of a private node",
        on_node(_add),
        examples="relay pass add acme\nrelay pass add acme --quota 5GB --days 90",
    )
    made.add_argument("name")
    made.add_argument("--quota", default="1GB", metavar="SIZE", help="what may lie here (1GB)")
    made.add_argument(
        "--days",
        type=int,
        default=30,
        metavar="N",
        help="for how long connections may be begun with it (30); those begun go on",
    )
    add_paging(
        command(
            passes,
            "list",
            "list the passes and what lies here",
            on_node(_list),
            examples="relay pass list",
        )
    )
    revoked = command(
        passes,
        "revoke",
        "end a pass and all that go through it, at once",
        on_node(_revoke),
        examples="relay pass revoke acme",
    )
    revoked.add_argument("name")


async def _add(session: Session, node: NodeClient) -> None:
    quota = _bytes(session.text("quota"))
    body = RelayPassAdd(session.text("name"), quota, session.number("days"))
    added = await node.send(RELAY_PASS_ADD, body=body)
    session.out.answer(
        added,
        "Give this pass to the admin of the private node. It cannot be shown again:",
        "",
        Text(added.code),
        "",
        f"Connections may be begun with it until {moment(added.relay_pass.expires)} UTC:"
        " tidegate connection initiate … --relay PASS",
    )


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(RELAY_PASSES, query=query)
    headings = ("name", "status", "channels", "holds", "of", "until (UTC)")
    nothing = "No passes yet: tidegate relay pass add --help"
    session.out.page(page, table(headings, map(_row, page.results)), nothing)


def _row(each: RelayPassView) -> tuple[object, ...]:
    until = moment(each.expires)
    return each.name, each.status, each.channels, _size(each.used), _size(each.quota), until


async def _revoke(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    await node.send(RELAY_PASS_REVOKE, name)
    session.out.answer({"revoked": name}, f"Revoked {name}: nothing goes through it any more.")


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d{1,15})\s*([KMGT]?)B?", text.strip().upper(), re.ASCII)
    if found is None:
        raise failed(f"--quota: {text!r} is no size.", "Write it like 500MB or 2GB.", Ending.USAGE)
    return int(found[1]) * _UNITS[found[2]]


def _size(count: int) -> str:
    for unit in ("T", "G", "M", "K"):
        if count >= _UNITS[unit]:
            return f"{count / _UNITS[unit]:.1f} {unit}B"
    return f"{count} B"
