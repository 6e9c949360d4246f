"""`rules check`: checks rule files here, without a node."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from pkgutil import resolve_name
from typing import Literal, Protocol

from rich.text import Text

from schemas.rules import Diagnostic, Snippet
from service.cli import rule_life, rule_trials, rules_test
from service.cli.ending import Ending, failed
from service.cli.findings import findings_text
from service.cli.parsing import NOWHERE, Commands, command, group
from service.cli.session import Session, read_text

Direction = Literal["outgoing", "incoming"]


class Checking(Protocol):
    """What is used of the rule engine."""

    async def check(
        self, direction: Direction, source: str, file: str, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]: ...


def add_to(commands: Commands) -> None:
    rules = group(commands, "rules", "Rules that you write yourself")
    check = command(
        rules,
        "check",
        "check rule files without running them",
        check_files,
        examples="rules check outgoing.py incoming.py",
        place=NOWHERE,
    )
    check.add_argument("files", nargs="+", metavar="FILE")
    check.add_argument(
        "--direction",
        choices=("outgoing", "incoming"),
        help="where neither the file's name nor its function tells",
    )
    command(
        rules,
        "reference",
        "print everything that a rule can use",
        print_reference,
        examples="rules reference",
        place=NOWHERE,
    )
    rules_test.add_to(rules)
    rule_life.add_to(rules)
    rule_trials.add_to(rules)


def print_reference(session: Session) -> int:
    text: str = resolve_name("service.rules.reference:reference")()
    session.out.answer({"reference": text}, Text(text.rstrip()))
    return Ending.OK


def check_files(session: Session) -> int:
    sources = {file: read_text(Path(file), "the rule") for file in session.words("files")}
    wanted = session.arguments.direction
    directions = {file: wanted or _direction(file, text) for file, text in sources.items()}
    findings = asyncio.run(_check(sources, directions))
    answer = {"passed": not findings, "findings": findings}
    count = f"{len(sources)} file{'s' if len(sources) > 1 else ''} checked, nothing found."
    session.out.answer(answer, findings_text(findings) if findings else count)
    return Ending.FAILED if findings else Ending.OK


async def _check(
    sources: dict[str, str], directions: dict[str, Direction]
) -> tuple[Diagnostic, ...]:
    snippets_for = resolve_name("service.rules.golden:snippets_for")
    found: list[Diagnostic] = []
    async with _engine() as engine:
        for file, source in sources.items():
            library = await asyncio.to_thread(snippets_for, Path(file).parent)
            found += await engine.check(directions[file], source, file, library)
    return tuple(found)


def _engine() -> AbstractAsyncContextManager[Checking]:
    # Loaded late: other commands must not wait for the engine and the converters.
    codec = resolve_name("service.codec:MarkdownCodec")()
    opened: AbstractAsyncContextManager[Checking] = resolve_name(
        "service.rules.monty_engine:open_engine"
    )(codec, workers=1, kept=1)
    return opened


def _direction(file: str, source: str) -> Direction:
    directions: tuple[Direction, ...] = ("outgoing", "incoming")
    for direction in directions:
        if Path(file).stem == direction or f"\ndef {direction}(" in f"\n{source}":
            return direction
    raise failed(
        f"{file}: is this an outgoing or an incoming rule?",
        "Name the file outgoing.py or incoming.py, or give --direction.",
        Ending.USAGE,
    )
