"""Logging: one stable dotted `event` per line, as JSON or for a console, without secrets."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Literal, TextIO

import structlog

from schemas.errors import TidegateError
from schemas.redaction import MASK, names_secret, without_user_info

Line = MutableMapping[str, Any]

_SHORTEST = 6
"""Shorter values would blank out ordinary words."""


class Redactor:
    """The last line of defence: masks secrets in a finished log line, by name and by value."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.register(*secrets)

    def register(self, *secrets: str) -> None:
        """Values that no line may carry from now on, such as the tokens of a connector."""
        new = {secret for secret in secrets if len(secret) >= _SHORTEST} - self._secrets
        if new:
            self._secrets |= new
            longest_first = sorted(self._secrets, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        shown = without_user_info(text)
        return self._pattern.sub(MASK, shown) if self._pattern else shown

    def __call__(self, logger: Any, method: str, line: Line) -> Line:
        for name, value in line.items():
            line[name] = self._shown(name, value)
        return line

    def _shown(self, name: object, value: Any) -> Any:
        if isinstance(name, str) and names_secret(name) and not isinstance(value, bool | None):
            return MASK
        match value:
            case str():
                return self.text(value)
            case bool() | int() | float() | None:
                return value
            case Mapping():
                return {self._shown("", key): self._shown(key, item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._shown("", item) for item in value]
        return self.text(str(value))


def render_error(logger: Any, method: str, line: Line) -> Line:
    """Ours by fault, message and remedy; a traceback for what nobody expected."""
    error = _error(line.pop("exc_info", None)) or _error(line.get("error"))
    if error is None:
        return line
    if isinstance(error, TidegateError):
        line["error"] = error.message
        line["fault"] = str(error.fault)
        if error.remedy:
            line["remedy"] = error.remedy
    else:
        line["error"] = f"{type(error).__name__}: {error}"
        line["trace"] = "".join(traceback.format_exception(error))
    return line


def _error(given: object) -> BaseException | None:
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exception()
    return None


def _foreign(logger: Any, method: str, line: Line) -> Line:
    """A library's free text becomes one of our lines, with an event name that is stable."""
    line["text"] = line.pop("event", "")
    record: logging.LogRecord = line["_record"]
    line["library"] = record.name
    line["event"] = "library.message"
    return line


def configure_logging(
    format: Literal["json", "console"],
    level: str,
    *,
    redactor: Redactor,
    stream: TextIO | None = None,
) -> None:
    """One chain for our lines and for the standard library's loggers. `stream`: stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    out = stream or sys.stderr
    last: list[structlog.typing.Processor] = [
        render_error,
        redactor,
        *_renderer(format, colors=out.isatty()),
    ]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=stream is None,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                _foreign,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _renderer(format: Literal["json", "console"], colors: bool) -> list[structlog.typing.Processor]:
    if format == "json":
        return [structlog.processors.JSONRenderer(serializer=_json)]
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=_no_exception)]


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _json(line: Any, **_: Any) -> str:
    return _encode(line)


def _no_exception(out: TextIO, exc_info: Any) -> None:
    """Errors are rendered before, so that the redactor sees them."""


def following(**ids: str) -> AbstractContextManager[None]:
    """While entered, every line of this task carries the ids (twin, connection, change) given."""
    return structlog.contextvars.bound_contextvars(**ids)
