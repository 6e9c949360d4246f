"""From the sandbox's errors to ours: the user's file, the user's line, the next step."""

import re

from pydantic_monty import (
    Frame,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
)

from schemas.errors import MappingError, RuleError
from schemas.rules import Snippet
from service.rules.limits import RuleLimits
from service.rules.port import Direction
from service.rules.snippets import file_of

Files = dict[str, str]
"""What the sandbox calls a file, and what people call it."""

MARK = "\x1e"
"""Sets off what the prelude tells us from what a person wrote."""

FILES: dict[Direction, str] = {"outgoing": "outgoing.py", "incoming": "incoming.py"}


def fed(direction: Direction, snippets: tuple[Snippet, ...]) -> Files:
    """The prelude is fed first, then the snippets and the rule's file; one more feed is a run."""
    names = [*(file_of(snippet.name) for snippet in snippets), FILES[direction]]
    return {f"<python-input-{number}>": name for number, name in enumerate(names, 1)}


def translate(
    error: MontyError, direction: Direction, source: str, limits: RuleLimits, files: Files
) -> RuleError | MappingError:
    file = FILES[direction]
    if isinstance(error, MontyCrashedError):
        return crashed(direction, error)
    if not isinstance(error, MontyRuntimeError | MontySyntaxError):
        return RuleError(str(error), file=file)
    inner = error.exception()
    frames = [frame for frame in error.traceback() if frame.filename in files]
    file = files[frames[-1].filename] if frames else file
    line = frames[-1].line if frames else function_line(direction, source)
    words = str(inner)
    remedy = _remedy(inner, limits)
    message = _message(inner, limits)
    match words.split(MARK):
        case ["", "map", field, *value]:
            return _unmapped(file, field, MARK.join(value))
        case ["", "stop", *reason]:
            message = MARK.join(reason)
            remedy = "The rule asks for a person: settle what it says, then retry."
        case ["", "type", what, expected, given]:
            message = f"{what}: {expected} is expected, {given} was given."
    if isinstance(inner, NameError) and words == f"name '{direction}' is not defined":
        message, file, line = missing(direction), FILES[direction], 1
        remedy = "Write the function, then retry."
    trace = _trace(frames, files, message)
    return RuleError(message, remedy=remedy, file=file, line=line, trace=trace)


def asked(error: MontyError) -> tuple[str, str] | None:
    """Which way, and for which key, when the rule asks for that of another issue."""
    match str(error.exception()).split(MARK, 3) if isinstance(error, MontyRuntimeError) else ():
        case ["", "ask", way, key]:
            return way, key
    return None


def worn_out(error: MontyError) -> bool:
    """True when earlier runs may have used up what the session had; a new one tells."""
    return _asks_too_often(error.exception())


def crashed(direction: Direction, error: MontyCrashedError) -> RuleError:
    return RuleError(
        "The worker that ran the rule ended, twice in a row.",
        remedy="Retry. If it happens again, the rule asks too much of it: make its work smaller.",
        file=FILES[direction],
        trace=str(error),
    )


def out_of_time(direction: Direction, source: str, limits: RuleLimits) -> RuleError:
    inner = TimeoutError()
    return RuleError(
        f"The rule ran longer than {limits.seconds * 1000:.0f} ms and was ended.",
        remedy=_remedy(inner, limits),
        file=FILES[direction],
        line=function_line(direction, source),
    )


def missing(direction: Direction) -> str:
    parameters = {"outgoing": "issue, context", "incoming": "replica, issue, context"}
    return f"{FILES[direction]} has no function {direction}({parameters[direction]})."


def function_line(direction: Direction, source: str) -> int:
    found = re.search(rf"^def {direction}\b", source, re.MULTILINE)
    return source.count("\n", 0, found.start()) + 1 if found else 1


def _unmapped(file: str, field: str, value: str) -> MappingError:
    return MappingError(
        f"The {field} '{value}' has no counterpart here.",
        field=field,
        value=value,
        remedy=f"Add '{value}' to the {field} table in {file}, or give it a default, then retry.",
    )


def _message(inner: BaseException, limits: RuleLimits) -> str:
    kind, words = type(inner).__name__, str(inner)
    if isinstance(inner, TimeoutError) and "time limit exceeded" in words:
        return f"The rule ran longer than {limits.seconds * 1000:.0f} ms and was ended."
    if isinstance(inner, MemoryError) and "memory limit exceeded" in words:
        return f"The rule used more than {limits.memory >> 20} MB and was ended."
    if _asks_too_often(inner):
        return "The rule asked for names that do not exist, again and again, and was ended."
    return f"{kind}: {words}" if words else kind


def _asks_too_often(inner: BaseException) -> bool:
    return isinstance(inner, RuntimeError) and "suspension limit" in str(inner)


def _remedy(inner: BaseException, limits: RuleLimits) -> str:
    match inner:
        case TimeoutError():
            allowed = f"{limits.seconds * 1000:.0f} ms"
            return f"A rule may run for {allowed}: make its work smaller, then retry."
        case MemoryError():
            return f"A rule may use {limits.memory >> 20} MB: make its data smaller, then retry."
        case RecursionError():
            return f"Calls may nest {limits.recursion} deep: use a loop, then retry."
        case PermissionError() | ImportError():
            return "A rule cannot reach files, the network or programs: take that out, then retry."
        case _:
            return "Correct the rule, then retry."


def _trace(frames: list[Frame], files: Files, message: str) -> str:
    lines = []
    for frame in frames:
        place = f'"{files[frame.filename]}", line {frame.line}'
        lines.append(f"  File {place}, in {frame.function_name or '<module>'}")
        source = frame.source_line
        if not source or "\n" in source:
            continue
        indent = len(source) - len(source.lstrip())
        lines.append(f"    {source.strip()}")
        width = max(frame.end_column - frame.column, 1) if frame.end_line == frame.line else 1
        lines.append("    " + " " * (frame.column - 1 - indent) + "^" * width)
    return "\n".join([*lines, message])
