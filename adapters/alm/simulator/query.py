"""ALM's query grammar, as far as its own documents tell it."""

import fnmatch
import re
from collections.abc import Mapping

from adapters.alm.simulator.model import QcError

_CONDITION = re.compile(r"\s*(>=|<=|>|<|=)?\s*(\"[^\"]*\"|'[^']*'|[^\s\"']+)\s*")
_ORDER = re.compile(r"([\w.-]+)\[(ASC|DESC)\]")


def conditions(text: str) -> list[tuple[str, str, str]]:
    """Field, operator, literal."""
    if not text:
        return []
    if not (text.startswith("{") and text.endswith("}")):
        raise _invalid(text)
    found: list[tuple[str, str, str]] = []
    rest = text[1:-1]
    while rest:
        name, mark, rest = rest.partition("[")
        if not mark:
            raise _invalid(text)
        end = _end(rest)
        matched = _CONDITION.fullmatch(rest[:end]) if end >= 0 else None
        if matched is None:
            raise _invalid(text)
        literal = matched[2]
        if literal[0] in "\"'":
            literal = literal[1:-1]
        found.append((name.strip(), matched[1] or "=", literal))
        rest = rest[end + 1 :].lstrip("; ")
    return found


def fits(values: Mapping[str, list[str]], asked: list[tuple[str, str, str]]) -> bool:
    return all(_holds(values.get(name, []), how, literal) for name, how, literal in asked)


def order(text: str) -> list[tuple[str, bool]]:
    """Field, and whether it falls."""
    if not text:
        return [("id", False)]
    parts = text.strip("{}").split(";")
    found = [_ORDER.fullmatch(part.strip()) for part in parts]
    if not all(found):
        raise QcError(400, "invalid-filter-expression", f"Invalid order: {text}")
    return [(one[1], one[2] == "DESC") for one in found if one]


def key(value: str) -> tuple[int, float, str]:
    """Numbers by their size, everything else by its letters."""
    return (0, float(value), "") if value.isdigit() else (1, 0.0, value)


def _end(text: str) -> int:
    """Of the bracket, past quotes."""
    quote = ""
    for position, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "]":
            return position
    return -1


def _holds(values: list[str], operator: str, literal: str) -> bool:
    if operator == "=":
        pattern = re.sub(r"[\[?]", lambda found: f"[{found[0]}]", literal.casefold())
        return any(fnmatch.fnmatchcase(value.casefold(), pattern) for value in values)
    for value in values:
        here, there = key(value), key(literal)
        if (operator[0] == ">" and here > there) or (operator[0] == "<" and here < there):
            return True
        if operator.endswith("=") and here == there:
            return True
    return False


def _invalid(text: str) -> QcError:
    return QcError(404, "invalid-filter-expression", f"Invalid filter: {text}")
