"""`rules test`: runs golden files here, without a node."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol

from rich.text import Text

from schemas.errors import InputError
from schemas.rules import Diagnostic, Snippet
from service.cli.ending import Ending, failed
from service.cli.findings import findings_text
from service.cli.output import clean
from service.cli.parsing import NOWHERE, Commands, command
from service.cli.session import Session


class Checking(Protocol):
    """What is used of the rule engine."""

    async def check(
        self, direction: str, source: str, file: str, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]: ...

    async def check_snippet(
        self, snippet: Snippet, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]: ...


def add_to(rules: Commands) -> None:
    made = command(
        rules,
        "test",
        "run golden files: an issue or a replica in, what the rule makes of it out",
        test_folder,
        examples="rules test rules/\nrules test rules/ --update",
        place=NOWHERE,
    )
    made.add_argument("folders", nargs="+", metavar="DIR")
    made.add_argument(
        "--update", action="store_true", help="write what came out into the files that differ"
    )


def test_folder(session: Session) -> int:
    folders = [Path(folder) for folder in session.words("folders")]
    for folder in folders:
        if not folder.is_dir():
            raise failed(f"{folder} is no folder.", "Give one that holds rules.", Ending.USAGE)
    try:
        findings, verdicts = asyncio.run(_test(folders, session.flag("update")))
    except InputError as error:
        raise failed(error.message, error.remedy, Ending.USAGE) from error
    if not verdicts and not findings:
        raise failed(
            "There is no case to run.",
            "Put a JSON file with an issue or a replica beside outgoing.py or incoming.py.",
            Ending.USAGE,
        )
    passed = not findings and all(verdict.passed for verdict in verdicts)
    answer = {"passed": passed, "findings": findings, "cases": verdicts}
    wrong = [verdict for verdict in verdicts if verdict.differences or not verdict.passed]
    session.out.answer(
        answer,
        *([findings_text(findings)] if findings else []),
        *map(_shown, wrong),
        _count(verdicts),
    )
    return Ending.OK if passed else Ending.FAILED


async def _test(
    folders: Iterable[Path], update: bool
) -> tuple[tuple[Diagnostic, ...], tuple[Any, ...]]:
    # Loaded late: other commands must not wait for the engine and the converters.
    golden = resolve_name("service.rules.golden")
    codec = resolve_name("service.codec:MarkdownCodec")()
    opened: AbstractAsyncContextManager[Any] = resolve_name(
        "service.rules.monty_engine:open_engine"
    )(codec, workers=1, kept=2)
    findings: list[Diagnostic] = []
    verdicts: list[Any] = []
    async with opened as engine:
        runner = golden.GoldenFiles(engine, codec)
        for folder in folders:
            findings += await _checked(engine, golden.rules_in(folder), golden.snippets_for)
            files = golden.cases_in(folder)
            verdicts += [await runner.run(file, update=update) for file in files]
    return tuple(findings), tuple(verdicts)


async def _checked(
    engine: Checking, files: Iterable[Path], snippets_for: Callable[[Path], tuple[Snippet, ...]]
) -> list[Diagnostic]:
    """Snippets are checked once, before the rules that may use them."""
    findings: list[Diagnostic] = []
    seen: set[Snippet] = set()
    for file in files:
        source = await asyncio.to_thread(file.read_text, "utf-8")
        library = await asyncio.to_thread(snippets_for, file.parent)
        for snippet in library:
            if snippet not in seen:
                seen.add(snippet)
                findings += await engine.check_snippet(snippet, library)
        findings += await engine.check(file.stem, source, str(file), library)
    return findings


def _shown(verdict: Any) -> Text:
    text = Text(f"{clean(verdict.file)}: ", style="bold")
    text.append("differs" if not verdict.passed else "updated", style="red")
    for found in verdict.differences:
        text.append(f"\n  {clean(found.at)}: {clean(found.before) or 'nothing'}")
        text.append(f" expected, {clean(found.after) or 'nothing'} came out")
    for words in (verdict.error, verdict.trace):
        text.append(f"\n  {clean(words)}" if words else "")
    return text


def _count(verdicts: tuple[Any, ...]) -> str:
    failed_ones = sum(1 for verdict in verdicts if not verdict.passed)
    return f"{len(verdicts)} cases run, {failed_ones or 'none'} failed."
