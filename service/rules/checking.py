"""Checks a rule file without running it: syntax, types, and what the sandbox cannot do."""

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

from schemas.rules import Diagnostic
from service.rules.failure import function_line, missing
from service.rules.limits import RuleLimits
from service.rules.port import Direction
from service.rules.sessions import SURFACE

# The first line never passes the type check, so nothing of the file is ever run.
_SEAL = '_seal: int = ""\n'
_CALLABLE = "from typing import Callable as _Callable\n"
_HALT = "raise SystemExit\n"
_PREFIX_LINES = 1

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
    pool: AsyncMonty, direction: Direction, source: str, file: str, limits: RuleLimits
) -> tuple[Diagnostic, ...]:
    check = _Check(direction, source, file)
    found = await check.types(pool, limits)
    if not found:
        found = await check.support(pool, limits)
    return tuple(found)


class _Check:
    def __init__(self, direction: Direction, source: str, file: str) -> None:
        self.direction = direction
        self.source = source
        self.file = file
        self.lines = source.splitlines()

    async def types(self, pool: AsyncMonty, limits: RuleLimits) -> list[Diagnostic]:
        shape = f"{_CALLABLE}_rule: {_SHAPES[self.direction]} = {self.direction}\n"
        end = "" if self.source.endswith("\n") or not self.source else "\n"
        checkout = pool.checkout(
            script_name=f"{self.direction}.py",
            limits=limits.for_session(),
            type_check=True,
            type_check_stubs=SURFACE,
            type_check_format="json",
        )
        async with checkout as session:
            try:
                await session.feed_run(_SEAL + self.source + end + shape, print_callback=_silence)
            except MontyTypingError as error:
                return self._typed(error.display())
            except MontyCrashedError:
                return [self._at(1, 1, 0, "The file is nested too deeply or too large to check.")]
            except MontyError as error:
                return [self._at(1, 1, 0, str(error))]
        return [self._at(1, 1, 0, "The type check gave no answer.")]

    async def support(self, pool: AsyncMonty, limits: RuleLimits) -> list[Diagnostic]:
        """What is right Python but not known to the sandbox shows when it compiles the file."""
        checkout = pool.checkout(script_name=f"{self.direction}.py", limits=limits.for_session())
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
        last = _PREFIX_LINES + max(len(self.lines), 1)
        syntax = [finding for finding in findings if finding.code == "invalid-syntax"]
        if syntax:
            return self._only_syntax(syntax, last)
        found = []
        for finding in findings:
            row = finding.location.row
            if row <= _PREFIX_LINES:
                continue
            if row > last:
                found.append(self._shape(finding))
                continue
            same_line = finding.end_location.row == row
            end = finding.end_location.column if same_line else 0
            found.append(
                self._at(row - _PREFIX_LINES, finding.location.column, end, finding.message)
            )
        return sorted(found, key=lambda one: (one.line, one.column))

    def _only_syntax(self, syntax: list[_Finding], last: int) -> list[Diagnostic]:
        """After a syntax error, what the type check says about the rest is noise."""
        found = []
        for finding in syntax:
            line = min(finding.location.row, last) - _PREFIX_LINES
            column = finding.location.column if finding.location.row <= last else 1
            found.append(self._at(line, column, 0, finding.message))
        return found

    def _shape(self, finding: _Finding) -> Diagnostic:
        if finding.code == "unresolved-reference":
            return self._at(1, 1, 0, missing(self.direction))
        line = function_line(self.direction, self.source)
        expected = _SIGNATURES[self.direction]
        return self._at(line, 1, 0, f"The function does not fit. It is to be: {expected}")

    def _refused(self, error: MontyRuntimeError | MontySyntaxError) -> list[Diagnostic]:
        inner = error.exception()
        if isinstance(inner, SystemExit):
            return []
        frames = error.traceback()
        line = frames[-1].line - _PREFIX_LINES if frames else 1
        column = frames[-1].column if frames else 1
        known = re.sub(
            r"^The monty syntax parser does not yet support", "Rules cannot use", str(inner)
        )
        return [self._at(line, column, 0, known)]

    def _at(self, line: int, column: int, end: int, message: str) -> Diagnostic:
        line = max(line, 1)
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return Diagnostic(self.file, line, max(column, 1), message, text, end)


def _silence(stream: str, text: str) -> None:
    """Nothing runs, so nothing prints."""
