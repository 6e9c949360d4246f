"""`mapping`: what the other side's values are here, without code."""

from collections.abc import Iterable, Mapping

import msgspec
from rich.console import RenderableType
from rich.text import Text

from schemas.mapping import (
    MappedValue,
    MappingBody,
    MappingSolution,
    MappingTable,
    MappingView,
)
from schemas.mapping_routes import MAPPING, MAPPING_PUT, MAPPING_SOLVE, MAPPING_SUGGEST
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import table
from service.cli.parsing import Commands, command, group
from service.cli.session import Session, on_node

_SET = """\
mapping set acme-globex status Doing="In Progress" "To Do"=Open --unmapped park
mapping set acme-globex status --remove Doing
mapping set acme-globex users bob@globex.example=bob@acme.example"""
_SOLVE = """\
mapping solve acme-globex status Doing --to "In Progress"
mapping solve acme-globex priority Blocker --skip"""


def add_to(commands: Commands) -> None:
    mapping = group(commands, "mapping", "What the other side's values are here, without code")
    show = command(
        mapping,
        "show",
        "show the tables, and what waits for a line",
        on_node(_show),
        examples="mapping show acme-globex",
    )
    show.add_argument("name", help="the connection")
    change = command(mapping, "set", "set lines of a table", on_node(_set), examples=_SET)
    change.add_argument("name", help="the connection")
    change.add_argument("field", help="such as status, priority, labels, or users for people")
    change.add_argument("lines", nargs="*", metavar="THERE=HERE")
    change.add_argument("--remove", action="append", metavar="THERE", help="take a line out")
    change.add_argument(
        "--unmapped",
        choices=("park", "keep", "default", "skip"),
        help="what becomes of a value without a line",
    )
    change.add_argument("--default", help="for --unmapped default")
    solve = command(
        mapping, "solve", "say what one value is here", on_node(_solve), examples=_SOLVE
    )
    solve.add_argument("name", help="the connection")
    solve.add_argument("field")
    solve.add_argument("value", help="as it is on the other side")
    answer = solve.add_mutually_exclusive_group(required=True)
    answer.add_argument("--to", metavar="HERE", help="what it is here")
    answer.add_argument(
        "--default", nargs="?", const="", metavar="HERE", help="the default, or another one"
    )
    answer.add_argument("--skip", action="store_true", help="leave the field here alone")
    suggest = command(
        mapping,
        "suggest",
        "suggest lines from what both trackers tell",
        on_node(_suggest),
        examples="mapping suggest acme-globex --save",
    )
    suggest.add_argument("name", help="the connection")
    suggest.add_argument("--save", action="store_true", help="save them at once")


async def _show(session: Session, node: NodeClient) -> None:
    view = await node.get(MAPPING, session.text("name"))
    session.out.answer(view, *_shown(view))


async def _set(session: Session, node: NodeClient) -> None:
    name, field = session.text("name"), session.text("field")
    known = await node.get(MAPPING, name)
    lines = dict(_split(line) for line in session.words("lines"))
    removed = session.words("remove")
    body = MappingBody(known.tables, known.flow, known.users, known.default_user)
    if field == "users":
        users = {t: h for t, h in (known.users | lines).items() if t not in removed}
        body = msgspec.structs.replace(body, users=users)
    else:
        changed = _changed(session, known.tables.get(field, MappingTable()), lines, removed)
        body = msgspec.structs.replace(body, tables=known.tables | {field: changed})
    await _saved(session, node, body)


def _changed(
    session: Session, known: MappingTable, lines: Mapping[str, str], removed: Iterable[str]
) -> MappingTable:
    gone = {*removed, *lines}
    kept = tuple(line for line in known.values if line.there not in gone)
    added = tuple(MappedValue(there, here) for there, here in lines.items())
    default = session.text("default")
    return MappingTable(
        values=(*kept, *added),
        unmapped=session.arguments.unmapped or ("default" if default else known.unmapped),
        default=default or known.default,
        skipped=tuple(value for value in known.skipped if value not in gone),
    )


async def _solve(session: Session, node: NodeClient) -> None:
    given = session.arguments
    answer = "map" if given.to is not None else "skip" if given.skip else "default"
    body = msgspec.convert(
        {
            "field": given.field,
            "value": given.value,
            "answer": answer,
            "here": given.to or given.default or "",
        },
        MappingSolution,
    )
    view = await node.send(MAPPING_SOLVE, given.name, body=body)
    session.out.answer(view, Text(f"Saved. {view.freed} issues go on."))


async def _suggest(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    found = await node.get(MAPPING_SUGGEST, name)
    if session.flag("save"):
        known = await node.get(MAPPING, name)
        tables = known.tables | found.tables
        await _saved(
            session, node, MappingBody(tables, known.flow, known.users, known.default_user)
        )
        return
    shown = _tables(found.tables) if found.tables else [Text("There is nothing to suggest.")]
    session.out.answer(found, *shown)


async def _saved(session: Session, node: NodeClient, body: MappingBody) -> None:
    view = await node.send(MAPPING_PUT, session.text("name"), body=body)
    session.out.answer(view, *_shown(view), Text(f"Saved. {view.freed} issues go on."))


def _split(line: str) -> tuple[str, str]:
    there, equals, here = line.partition("=")
    if not (there and equals and here):
        raise failed(f"{line!r} is no THERE=HERE.", "Such as 'In Review=Review'.", Ending.USAGE)
    return there, here


def _shown(view: MappingView) -> list[RenderableType]:
    shown = _tables(view.tables)
    if view.users:
        shown.append(table(("people there", "here"), list(view.users.items())))
    if view.flow:
        rows = [(field, flow.way, _only(flow.only)) for field, flow in view.flow.items()]
        shown.append(table(("field", "goes", "only while"), rows))
    if view.unmapped:
        waits = [
            (u.field, u.value, str(u.waiting), ", ".join(u.suggestions)) for u in view.unmapped
        ]
        shown.append(table(("field", "waits for a line", "issues", "suggested"), waits))
    return shown or [Text("No tables: values are mapped by the rules.")]


def _tables(tables: Mapping[str, MappingTable]) -> list[RenderableType]:
    shown: list[RenderableType] = []
    for field, each in tables.items():
        rows = [(line.there, line.here) for line in each.values]
        rows += [(value, "(left alone)") for value in each.skipped]
        rows.append(("(any other)", each.default or f"({each.unmapped})"))
        shown.append(table((f"{field} there", "here"), rows))
    return shown


def _only(only: Mapping[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{field} is {' or '.join(values)}" for field, values in only.items())
