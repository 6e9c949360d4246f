"""Checks a rule file without running it: syntax, types, and what the sandbox cannot do."""

import asyncio
import re

import msgspec
from pydantic_monty import (
    AsyncMonty,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    MontyTypingError,
)

from schemas.rules import Diagnostic, Snippet
from service.rules.failure import function_line, missing
from service.rules.limits import RuleLimits
from service.rules.linking import linked
from service.rules.port import Direction
from service.rules.sessions import SURFACE
from service.rules.snippets import bare, file_of

# The first line never passes the type check, so nothing of the file is ever run.
_SEAL = '_seal: int = ""\n'
_CALLABLE = "from typing import Callable as _Callable\n"
_HALT = "raise SystemExit\n"

_SHAPES: dict[Direction, str] = {
    "outgoing": "_Callable[[Issue, Context], Replica | None]",
    "incoming": "_Callable[[Replica, Issue | None, Context], Wanted | None]",
}
_SIGNATURES: dict[Direction, str] = {
    "outgoing": "def outgoing(issue: Issue, context: Context) -> Replica | None",
    "incoming": (
        "def incoming(replica: Replica, issue: Issue | None, context: Context) -> Wanted | None"
    ),
}


class _Place(msgspec.Struct):
    row: int
    column: int


class _Finding(msgspec.Struct):
    code: str
    message: str
    location: _Place
    end_location: _Place


_findings = msgspec.json.Decoder(list[_Finding]).decode


async def check_rule(
    pool: AsyncMonty,
    direction: Direction,
    source: str,
    file: str,
    library: tuple[Snippet, ...],
    limits: RuleLimits,
) -> tuple[Diagnostic, ...]:
    # A long file takes its time to be read.
    check = await asyncio.to_thread(_Check, direction, source, file, library)
    return await _checked(pool, check, limits)


async def check_snippet(
    pool: AsyncMonty, snippet: Snippet, library: tuple[Snippet, ...], limits: RuleLimits
) -> tuple[Diagnostic, ...]:
    file = file_of(snippet.name)
    check = await asyncio.to_thread(_Check, None, snippet.source, file, library)
    return await _checked(pool, check, limits)


async def _checked(pool: AsyncMonty, check: "_Check", limits: RuleLimits) -> tuple[Diagnostic, ...]:
    if check.linked.findings:
        return check.linked.findings
    found = await check.types(pool, limits)
    if not found:
        found = await check.support(pool, limits)
    return tuple(found)


class _Check:
    """Of a rule, or of a snippet, which has no direction and no shape."""

    def __init__(
        self, direction: Direction | None, source: str, file: str, library: tuple[Snippet, ...]
    ) -> None:
        self.direction = direction
        self.source = bare(source)
        self.file = file
        self.lines = source.splitlines()
        self.linked = linked(source, file, library)
        self.script = f"{direction or 'snippet'}.py"
        before = "".join(_ended(bare(snippet.source)) for snippet in self.linked.snippets)
        self.before = _SEAL + before
        """What stands before the file, for its types to be known."""
        self.skipped = self.before.count("\n")

    async def types(self, pool: AsyncMonty, limits: RuleLimits) -> list[Diagnostic]:
        shape = ""
        if self.direction is not None:
            shape = f"{_CALLABLE}_rule: {_SHAPES[self.direction]} = {self.direction}\n"
        checkout = pool.checkout(
            script_name=self.script,
            limits=limits.for_check(),
            type_check=True,
            type_check_stubs=SURFACE,
            type_check_format="json",
        )
        async with checkout as session:
            try:
                await session.feed_run(
                    self.before + _ended(self.source) + shape, print_callback=_silence
                )
            except MontyTypingError as error:
                return self._typed(error.display())
            except MontyCrashedError:
                return [self._at(1, 1, 0, "The file is nested too deeply or too large to check.")]
            except MontyError as error:
                return [self._at(1, 1, 0, str(error))]
        return [self._at(1, 1, 0, "The type check gave no answer.")]

    async def support(self, pool: AsyncMonty, limits: RuleLimits) -> list[Diagnostic]:
        """What is right Python but not known to the sandbox shows when it compiles the file."""
        checkout = pool.checkout(script_name=self.script, limits=limits.for_check())
        async with checkout as session:
            try:
                await session.feed_run(_HALT + self.source, print_callback=_silence)
            except (MontyRuntimeError, MontySyntaxError) as error:
                return self._refused(error)
            except MontyCrashedError:
                return [self._at(1, 1, 0, "The file is nested too deeply or too large to run.")]
        return []

    def _typed(self, rendered: str) -> list[Diagnostic]:
        findings = _findings(rendered.encode())
        last = self.skipped + max(len(self.lines), 1)
        syntax = [finding for finding in findings if finding.code == "invalid-syntax"]
        if syntax:
            return self._only_syntax(syntax, last)
        found = []
        for finding in findings:
            row = finding.location.row
            if row <= self.skipped:
                continue  # each snippet is checked by itself
            if row > last and self.direction is not None:
                found.append(self._shape(finding, self.direction))
                continue
            same_line = finding.end_location.row == row
            end = finding.end_location.column if same_line else 0
            found.append(
                self._at(row - self.skipped, finding.location.column, end, finding.message)
            )
        return sorted(found, key=lambda one: (one.line, one.column))

    def _only_syntax(self, syntax: list[_Finding], last: int) -> list[Diagnostic]:
        """After a syntax error, what the type check says about the rest is noise."""
        found = []
        for finding in syntax:
            line = min(finding.location.row, last) - self.skipped
            column = finding.location.column if finding.location.row <= last else 1
            found.append(self._at(line, column, 0, finding.message))
        return found

    def _shape(self, finding: _Finding, direction: Direction) -> Diagnostic:
        if finding.code == "unresolved-reference":
            return self._at(1, 1, 0, missing(direction))
        line = function_line(direction, self.source)
        expected = _SIGNATURES[direction]
        return self._at(line, 1, 0, f"The function does not fit. It is to be: {expected}")

    def _refused(self, error: MontyRuntimeError | MontySyntaxError) -> list[Diagnostic]:
        inner = error.exception()
        if isinstance(inner, SystemExit):
            return []
        frames = error.traceback()
        line = frames[-1].line - _HALT.count("\n") if frames else 1
        column = frames[-1].column if frames else 1
        known = re.sub(
            r"^The monty syntax parser does not yet support", "Rules cannot use", str(inner)
        )
        return [self._at(line, column, 0, known)]

    def _at(self, line: int, column: int, end: int, message: str) -> Diagnostic:
        line = max(line, 1)
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return Diagnostic(self.file, line, max(column, 1), message, text, end)


def _ended(source: str) -> str:
    return source if source.endswith("\n") or not source else source + "\n"


def _silence(stream: str, text: str) -> None:
    """Nothing runs, so nothing prints."""
