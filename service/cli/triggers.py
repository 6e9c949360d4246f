"""`trigger`: which local issues come under sync by themselves."""

import msgspec
from rich.console import RenderableType

from schemas.api import PageQuery
from schemas.trigger_routes import (
    TRIGGER,
    TRIGGER_PREVIEW,
    TRIGGER_PUT,
    TRIGGER_REMOVE,
    TRIGGERS,
)
from schemas.triggers import FieldCondition, TriggerSpec, TriggerView
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import table
from service.cli.parsing import Commands, add_paging, command, group
from service.cli.session import Session, on_node


def add_to(commands: Commands) -> None:
    trigger = group(commands, "trigger", "Which issues come under sync by themselves")
    listed = command(
        trigger,
        "list",
        "list the triggers of a connection",
        on_node(_list),
        examples="trigger list acme-globex",
    )
    listed.add_argument("connection")
    add_paging(listed)
    added = command(
        trigger,
        "add",
        "keep a trigger, in place of the one that is called so",
        on_node(_add),
        examples="trigger add acme-globex shared --query 'labels = shared AND priority = High'\n"
        "trigger add acme-globex bugs --type Bug --field severity=S1 --field severity=S2",
    )
    added.add_argument("connection")
    added.add_argument("name")
    added.add_argument("--project", default="", help="the connection's if left out")
    added.add_argument("--query", default="", help="in the tracker's own language, without order")
    added.add_argument("--type", action="append", metavar="TYPE", help="if they have this type")
    added.add_argument("--label", action="append", metavar="LABEL", help="if they have this label")
    added.add_argument(
        "--field", action="append", metavar="NAME=VALUE", help="if the field has one of its values"
    )
    added.add_argument("--notes", default="")
    added.add_argument("--paused", action="store_true", help="keep it, but do not act on it yet")
    for name, summary, call in (
        ("preview", "how many issues it matches now, and which", on_node(_preview)),
        ("pause", "act on it no more", on_node(_pause)),
        ("resume", "act on it again", on_node(_resume)),
        ("remove", "remove it; what is under sync stays so", on_node(_remove)),
    ):
        example = f"trigger {name} acme-globex bugs"
        made = command(trigger, name, summary, call, examples=example)
        made.add_argument("connection")
        made.add_argument("name")


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(TRIGGERS, session.text("connection"), query=query)
    rows = [
        (
            t.name,
            "active" if t.spec.active else "paused",
            t.spec.project,
            words(t.spec),
            t.spec.notes,
        )
        for t in page.results
    ]
    headings = ("trigger", "status", "project", "takes", "notes")
    session.out.page(page, table(headings, rows), "No triggers: tidegate trigger add --help")


def _status(spec: TriggerSpec) -> str:
    return "active" if spec.active else "paused"


def words(spec: TriggerSpec) -> str:
    """Its conditions, as people read them."""
    parts = []
    if spec.types:
        parts.append(f"type {' or '.join(spec.types)}")
    parts += [f"label {label}" for label in spec.labels]
    parts += [f"{one.field} {' or '.join(one.any_of)}".strip() for one in spec.fields]
    parts += [spec.query] if spec.query else []
    return ", ".join(parts) or "all"


async def _add(session: Session, node: NodeClient) -> None:
    spec = TriggerSpec(
        project=session.text("project"),
        types=session.words("type"),
        labels=session.words("label"),
        fields=_conditions(session.words("field")),
        query=session.text("query"),
        notes=session.text("notes"),
        active=not session.flag("paused"),
    )
    kept = await node.send(TRIGGER_PUT, session.text("connection"), session.text("name"), body=spec)
    advice = f"Look what it matches: tidegate trigger preview {kept.connection} {kept.name}"
    session.out.answer(kept, f"The trigger {kept.name} takes: {words(kept.spec)}", advice)


def _conditions(given: tuple[str, ...]) -> tuple[FieldCondition, ...]:
    values: dict[str, list[str]] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not name or not equals or not value:
            raise failed(
                f"--field {each} is not NAME=VALUE.", "Such as --field severity=S1.", Ending.USAGE
            )
        values.setdefault(name, []).append(value)
    return tuple(FieldCondition(name, tuple(words)) for name, words in values.items())


async def _known(session: Session, node: NodeClient) -> TriggerView:
    return await node.get(TRIGGER, session.text("connection"), session.text("name"))


async def _preview(session: Session, node: NodeClient) -> None:
    known = await _known(session, node)
    seen = await node.send(TRIGGER_PREVIEW, known.connection, body=known.spec)
    rows = [(i.key, "yes" if i.under_sync else "", i.url) for i in seen.issues]
    more = "" if seen.complete else "At least "
    shown: list[RenderableType] = [
        f"{more}{seen.count} issues; {seen.fresh} of them are not under sync yet."
    ]
    if rows:
        shown.append(table(("issue", "under sync", "address"), rows))
    confirm = f" --confirm {seen.count}" if seen.confirm else ""
    shown.append(
        f"Take them all: tidegate bulk sync {known.connection} --trigger {known.name}{confirm}"
    )
    session.out.answer(seen, *shown)


async def _pause(session: Session, node: NodeClient) -> None:
    await _switch(session, node, active=False)


async def _resume(session: Session, node: NodeClient) -> None:
    await _switch(session, node, active=True)


async def _switch(session: Session, node: NodeClient, *, active: bool) -> None:
    known = await _known(session, node)
    spec = msgspec.structs.replace(known.spec, active=active)
    kept = await node.send(TRIGGER_PUT, known.connection, known.name, body=spec)
    state = "acts again" if active else "is paused; what is under sync stays so"
    session.out.answer(kept, f"The trigger {kept.name} {state}.")


async def _remove(session: Session, node: NodeClient) -> None:
    await node.send(TRIGGER_REMOVE, session.text("connection"), session.text("name"))
    session.out.answer({}, f"Removed the trigger {session.text('name')}.")
