"""What a command prints: JSON for programs, tables and sentences for people."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from yarl import URL

from schemas.api import Page, Problem
from schemas.values import Millis
from service.cli.ending import FieldProblem

_PIPED_WIDTH = 200
"""A pipe has no width of its own; a program that reads it does not want lines broken."""

STATUS_STYLES = {
    "pass": "green",
    "active": "green",
    "in_step": "green",
    "warn": "yellow",
    "pending": "yellow",
    "paused": "yellow",
    "waiting": "yellow",
    "fail": "red",
    "broken": "red",
    "parked": "red",
}


class Output:
    def __init__(self, *, as_json: bool, stdout: TextIO, stderr: TextIO) -> None:
        self.as_json = as_json
        self._stdout = stdout
        self._console = _console(stdout)
        self._errors = _console(stderr)
        self._stderr = stderr

    def answer(self, value: Any, *shown: RenderableType) -> None:
        """The whole answer of a command: `value` as JSON, or what is `shown` to a person."""
        if self.as_json:
            _write_json(self._stdout, value)
            return
        for each in filter(None, shown):
            self._console.print(each, soft_wrap=not isinstance(each, Table))

    def page(self, page: Page[Any], table: Table, nothing: str) -> None:
        shown: list[RenderableType] = [table if page.results else Text(nothing)]
        if page.next is not None:
            query = URL(page.next).query
            which = "cursor" if "cursor" in query else "page"
            shown.append(Text(f"There is more: --{which} {query.get(which)}", style="dim"))
        self.answer(page, *shown)

    def line(self, text: str) -> None:
        """Of a command that keeps running; in JSON one object per line."""
        if self.as_json:
            self._stdout.write(msgspec.json.encode({"message": text}).decode() + "\n")
        else:
            self._stdout.write(clean(text) + "\n")
        self._stdout.flush()

    def entry(self, value: Any, text: str) -> None:
        """One of many, as they happen; `text` is clean already."""
        line = msgspec.json.encode(value).decode() if self.as_json else text
        self._stdout.write(line + "\n")
        self._stdout.flush()

    def warn(self, text: str) -> None:
        if not self.as_json:
            self._errors.print(Text(clean(text), style="yellow"), soft_wrap=True)

    def problem(self, problem: Problem) -> None:
        if self.as_json:
            _write_json(self._stderr, {"error": problem})
            return
        self._errors.print(Text(clean(problem.detail), style="bold red"), soft_wrap=True)
        errors = problem.errors if isinstance(problem, FieldProblem) else {}
        for field, reasons in errors.items():
            for reason in reasons:
                self._errors.print(Text(f"  {clean(field) or 'body'}: {clean(reason)}"))
        if problem.incident:
            self._errors.print(Text(f"The node's log tells more: incident {problem.incident}"))
        if problem.remedy:
            self._errors.print(Text(f"Next step: {clean(problem.remedy)}"), soft_wrap=True)


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False)


def _write_json(stream: TextIO, value: Any) -> None:
    stream.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
    stream.flush()


def clean(text: str) -> str:
    """Without control characters: text from a tracker must not steer the reader's terminal."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) != "Cc" else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def cell(value: object) -> Text:
    text = clean("" if value is None else str(value))
    return Text(text, style=STATUS_STYLES.get(text, ""))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*map(cell, row))
    return made


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Name and value, one pair a line; pairs without a value are left out."""
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value not in ("", None, ()):
            made.add_row(name, cell(value))
    return made


def moment(at: Millis | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def value_words(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
