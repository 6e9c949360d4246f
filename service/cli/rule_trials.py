"""`rules replay` and `rules dry-run`: what rules would do, without doing it."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.text import Text

from schemas.rule_life import (
    DryRun,
    DryRunBody,
    OtherEnd,
    ReplayBody,
    Replayed,
    ReplayReport,
    Write,
)
from schemas.rule_routes import RULES_DRY_RUN, RULES_REPLAY
from service.cli.ending import Ending, failed
from service.cli.node_client import NodeClient
from service.cli.output import clean, moment
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node, read_text

_SHOWN = 50
"""Differing runs that are printed; the counts are of all, and --json has them whole."""


def add_to(rules: Commands) -> None:
    replay = command(
        rules,
        "replay",
        "run a draft over recorded inputs, and show what would have come out differently",
        on_node(_replay),
        examples="rules replay acme-globex --since 2026-01-31",
    )
    replay.add_argument("connection")
    replay.add_argument("--since", default="", metavar="TIME", help="such as 2026-01-31T08:00Z")
    dry = command(
        rules,
        "dry-run",
        "show the replica, the wanted state and the writes for an issue, and do nothing",
        on_node(_dry_run),
        examples="rules dry-run acme-globex WEB-7\nrules dry-run acme-globex WEB-7 --draft\n"
        "rules dry-run acme-globex WEB-7 --there",
    )
    dry.add_argument("connection")
    dry.add_argument("issue", help="its key or id, or a twin's id")
    dry.add_argument("--draft", action="store_true", help="by the draft that the node holds")
    dry.add_argument(
        "--there",
        action="store_true",
        help="ask the other side's node too what it would write; the issue's replica travels there",
    )
    dry.add_argument(
        "--wait",
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="for so long its answer is waited for (default: 20, at most 60)",
    )
    for made in (replay, dry):
        made.add_argument("--outgoing", metavar="FILE", help="by this rule")
        made.add_argument("--incoming", metavar="FILE", help="by this rule")


async def _replay(session: Session, node: NodeClient) -> None:
    outgoing, incoming = _given(session)
    since, whole = _since(session.text("since")), None
    while whole is None or whole.more:
        body = ReplayBody(outgoing, incoming, since, whole.last if whole else 0)
        part = await node.send(RULES_REPLAY, session.text("connection"), body=body)
        whole = part if whole is None else _joined(whole, part)
    lines = [_differing(one) for one in whole.differing[:_SHOWN]]
    counts = ", ".join(f"{clean(at)} ({count})" for at, count in whole.fields.items())
    rest = len(whole.differing) - len(lines)
    if rest > 0:
        lines.append(Text(f"… and {rest} more; --json shows all."))
    if whole.unreadable:
        lines.append(Text(f"{whole.unreadable} recorded inputs can no longer be opened."))
    end = f"{whole.seen} runs replayed in {whole.milliseconds / 1000:.1f} s"
    told = f"{len(whole.differing)} differ: {counts}." if whole.differing else "none differs."
    session.out.answer(whole, *lines, f"{end}, {told}")


async def _dry_run(session: Session, node: NodeClient) -> None:
    outgoing, incoming = _given(session)
    body = DryRunBody(
        session.text("issue"),
        session.flag("draft"),
        outgoing,
        incoming,
        ask_there=session.flag("there"),
        wait_seconds=session.number_or("wait", 20.0),
    )
    run = await node.send(RULES_DRY_RUN, session.text("connection"), body=body)
    session.out.answer(run, *_parts(run))
    if run.error:
        raise failed(run.error, "Correct the rule, then run it again.", Ending.FAILED)
    if run.unanswered:
        raise failed(clean(run.unanswered.reason), clean(run.unanswered.remedy), Ending.FAILED)


def _parts(run: DryRun) -> list[Text]:
    rules = f"version {run.version}" if run.version else "the draft"
    parts = [Text(f"{run.issue}, by {rules}; nothing was done.", style="bold")]
    for title, value in (
        ("Let out by outgoing.py", run.outgoing),
        ("Wanted by incoming.py", run.wanted),
    ):
        parts.append(Text(f"\n{title}:\n{_json(value)}"))
    parts.append(Text(f"\nWrites to this side's tracker:\n{_calls(run.writes)}"))
    told = "\n".join(
        f"{clean(one.at)}: {clean(one.before) or 'nothing'} -> {clean(one.after) or 'nothing'}"
        for one in run.told
    )
    what = told or ("as before" if run.message else "nothing")
    parts.append(Text(f"\nThe other side would be told:\n{what}"))
    if run.there:
        parts += _at(run.there)
    parts += [Text(f"\n{clean(note)}", style="dim") for note in run.notes]
    return [*parts, Text(clean(run.trace))] if run.trace else parts


def _at(there: OtherEnd) -> list[Text]:
    name = clean(there.connection)
    parts = [
        Text(f"\nWanted by incoming.py of {name}, version {there.version}:\n{_json(there.wanted)}"),
        Text(f"\nWrites to the other side's tracker:\n{_calls(there.writes)}"),
    ]
    if there.error:
        parts.append(Text(f"\nThere it would fail: {clean(there.error)}", style="bold"))
    parts += [Text(f"\n{clean(note)}", style="dim") for note in there.notes]
    return [*parts, Text(clean(there.trace))] if there.trace else parts


def _calls(writes: tuple[Write, ...]) -> str:
    return "\n".join(f"{write.call} {_json(write.detail)}" for write in writes) or "none"


def _differing(one: Replayed) -> Text:
    text = Text(f"{moment(one.at)} {clean(one.issue)} {one.direction}", style="bold")
    for each in one.differences:
        text.append(f"\n  {clean(each.at)}: {clean(each.before) or 'nothing'}", style="default")
        text.append(f" -> {clean(each.after) or 'nothing'}")
    return text


def _joined(before: ReplayReport, after: ReplayReport) -> ReplayReport:
    fields = dict(before.fields)
    for at, count in after.fields.items():
        fields[at] = fields.get(at, 0) + count
    return msgspec.structs.replace(
        after,
        seen=before.seen + after.seen,
        unreadable=before.unreadable + after.unreadable,
        differing=(*before.differing, *after.differing),
        fields=fields,
        milliseconds=before.milliseconds + after.milliseconds,
    )


def _given(session: Session) -> tuple[str | None, str | None]:
    outgoing, incoming = session.text("outgoing"), session.text("incoming")
    return (
        read_text(Path(outgoing), "--outgoing") if outgoing else None,
        read_text(Path(incoming), "--incoming") if incoming else None,
    )


def _since(text: str) -> int:
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise failed(
            f"--since: {text!r} is no time.", "Write it like 2026-01-31T08:00Z.", Ending.USAGE
        ) from error
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _json(value: object) -> str:
    return clean(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
