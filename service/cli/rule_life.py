"""`rules list|show|draft|publish|rollback|diff|recorder`: a connection's rules over time."""

from pathlib import Path

from rich.text import Text

from schemas.api import PageQuery
from schemas.routes import RULES
from schemas.rule_life import DiffQuery, DraftPut, PublishBody, RollbackBody
from schemas.rule_routes import (
    RULE_DRAFT,
    RULE_DRAFT_DISCARD,
    RULE_DRAFT_PUT,
    RULE_VERSION,
    RULE_VERSIONS,
    RULES_DIFF,
    RULES_PUBLISH,
    RULES_RECORDER,
    RULES_RECORDER_EMPTY,
    RULES_ROLLBACK,
)
from service.cli.ending import Ending, failed
from service.cli.findings import findings_text, remarks
from service.cli.node_client import NodeClient
from service.cli.output import clean, facts, moment, table
from service.cli.parsing import Commands, add_paging, command
from service.cli.session import Session, on_node, read_text


def add_to(rules: Commands) -> None:
    _add_history(rules)
    _add_draft(rules)
    _add_rollback_and_diff(rules)
    _add_recorder(rules)


def _add_history(rules: Commands) -> None:
    listed = command(
        rules,
        "list",
        "list the versions of a connection's rules",
        on_node(_list),
        examples="rules list acme-globex",
    )
    listed.add_argument("connection")
    add_paging(listed)
    show = command(
        rules,
        "show",
        "show the published rules, or a version",
        on_node(_show),
        examples="rules show acme-globex --version 3",
    )
    show.add_argument("connection")
    show.add_argument("--version", type=int, default=0, metavar="N")


def _add_draft(rules: Commands) -> None:
    draft = command(
        rules,
        "draft",
        "show the draft, save one, or throw it away",
        on_node(_draft),
        examples="rules draft acme-globex --outgoing rules/outgoing.py --message 'Statuses'",
    )
    draft.add_argument("connection")
    draft.add_argument("--outgoing", metavar="FILE")
    draft.add_argument("--incoming", metavar="FILE")
    draft.add_argument("--message", default="", help="why, for the history")
    draft.add_argument("--discard", action="store_true", help="throw the draft away")
    publish = command(
        rules,
        "publish",
        "let the draft decide from now on",
        on_node(_publish),
        examples="rules publish acme-globex --message 'Statuses of bugs'",
    )
    publish.add_argument("connection")
    publish.add_argument("--message", default="", help="why; else the draft's")


def _add_rollback_and_diff(rules: Commands) -> None:
    back = command(
        rules,
        "rollback",
        "publish an earlier version again, as a new one",
        on_node(_roll_back),
        examples="rules rollback acme-globex 3",
    )
    back.add_argument("connection")
    back.add_argument("version", type=int)
    back.add_argument("--message", default="", help="why, for the history")
    diff = command(
        rules,
        "diff",
        "show how two versions, or the draft, differ",
        on_node(_diff),
        examples="rules diff acme-globex\nrules diff acme-globex --from 2 --to 3",
    )
    diff.add_argument("connection")
    diff.add_argument("--from", dest="before", type=int, default=0, help="the published one")
    diff.add_argument("--to", dest="after", type=int, default=0, help="the draft")


def _add_recorder(rules: Commands) -> None:
    recorder = command(
        rules,
        "recorder",
        "show what is kept of the rules' inputs, for replays",
        on_node(_recorder),
        examples="rules recorder acme-globex",
    )
    recorder.add_argument("connection")
    recorder.add_argument("--empty", action="store_true", help="forget it")


async def _list(session: Session, node: NodeClient) -> None:
    query = PageQuery(session.number("page"), session.number("page_size"))
    page = await node.get(RULE_VERSIONS, session.text("connection"), query=query)
    rows = [
        (row.version, "published" if row.published else "", moment(row.created), row.author,
         row.message, _snippets(row.snippets))
        for row in page.results
    ]  # fmt: skip
    headings = ("version", "", "saved", "author", "message", "snippets")
    session.out.page(page, table(headings, rows), "There are no rules yet.")


async def _show(session: Session, node: NodeClient) -> None:
    name, version = session.text("connection"), session.number("version")
    if version:
        found = await node.get(RULE_VERSION, name, str(version))
        _sources(session, found, found.outgoing, found.incoming, f"version {version}")
        return
    rules = await node.get(RULES, name)
    _sources(session, rules, rules.outgoing, rules.incoming, f"version {rules.version}")


async def _draft(session: Session, node: NodeClient) -> None:
    name = session.text("connection")
    if session.flag("discard"):
        await node.send(RULE_DRAFT_DISCARD, name)
        session.out.answer({}, "The draft is thrown away.")
        return
    known = await node.get(RULE_DRAFT, name)
    outgoing, incoming = session.text("outgoing"), session.text("incoming")
    if not (outgoing or incoming):
        what = "draft" if known.saved else f"version {known.based_on}, there is no draft"
        _sources(session, known, known.outgoing, known.incoming, what)
        return
    body = DraftPut(
        read_text(Path(outgoing), "--outgoing") if outgoing else known.outgoing,
        read_text(Path(incoming), "--incoming") if incoming else known.incoming,
        session.text("message"),
    )
    saved = await node.send(RULE_DRAFT_PUT, name, body=body)
    shown = [findings_text(saved.findings)] if saved.findings else []
    shown += remarks(saved.warnings, saved.unchecked)
    end = "It cannot be published yet." if saved.findings else "It passes the check."
    session.out.answer(saved, *shown, f"Saved as a draft on version {saved.based_on}. {end}")


async def _publish(session: Session, node: NodeClient) -> None:
    body = PublishBody(session.text("message"))
    saved = await node.send(RULES_PUBLISH, session.text("connection"), body=body)
    if saved.version is None:
        session.out.answer(saved, findings_text(saved.findings))
        raise failed("The draft was not published.", "Correct it first.", Ending.FAILED)
    told = remarks(saved.warnings, saved.unchecked)
    session.out.answer(saved, *told, f"Version {saved.version} decides from now on.")


async def _roll_back(session: Session, node: NodeClient) -> None:
    body = RollbackBody(session.number("version"), session.text("message"))
    saved = await node.send(RULES_ROLLBACK, session.text("connection"), body=body)
    if saved.version is None:
        session.out.answer(saved, findings_text(saved.findings))
        raise failed("That version passes the check no more.", "Correct it in a draft.")
    old = body.version
    session.out.answer(saved, f"Version {saved.version}, as {old} was, decides from now on.")


async def _diff(session: Session, node: NodeClient) -> None:
    query = DiffQuery(session.number("before"), session.number("after"))
    found = await node.get(RULES_DIFF, session.text("connection"), query=query)
    text = found.outgoing + found.incoming
    session.out.answer(found, Text(clean(text)) if text else "Nothing differs.")


async def _recorder(session: Session, node: NodeClient) -> None:
    name = session.text("connection")
    if session.flag("empty"):
        await node.send(RULES_RECORDER_EMPTY, name)
    held = await node.get(RULES_RECORDER, name)
    shown = facts(
        (
            ("recording", "yes" if held.on else "no: connection set --record-hours"),
            ("inputs", str(held.count)),
            ("size", f"{held.size / (1 << 20):.1f} MB"),
            ("oldest", moment(held.oldest)),
        )
    )
    session.out.answer(held, shown)


def _snippets(used: dict[str, int]) -> str:
    return ", ".join(f"{name} {version}" for name, version in used.items())


def _sources(session: Session, value: object, outgoing: str, incoming: str, what: str) -> None:
    files = {"outgoing.py": outgoing, "incoming.py": incoming}
    parts = [Text(f"# {name}, {what}\n\n{clean(text)}") for name, text in files.items()]
    session.out.answer(value, *parts)
