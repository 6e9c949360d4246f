"""ALM's query grammar, as far as its own documents tell it."""

import fnmatch
import re
from collections.abc import Mapping
from functools import lru_cache

from adapters.alm.simulator.model import QcError

Condition = tuple[str, str, tuple[str, ...]]

_CONDITION = re.compile(r"\s*(>=|<=|>|<|=)?\s*(\"[^\"]*\"|'[^']*'|[^\s\"']+)\s*")
_OR = re.compile(r"\s+or\s+(?=[\"'])", re.IGNORECASE)
"""Before a literal in quotes."""
_ORDER = re.compile(r"([\w.-]+)\[(ASC|DESC)\]")


def conditions(text: str) -> list[Condition]:
    """Field, operator, and the literals of which one has to fit."""
    if not text:
        return []
    if not (text.startswith("{") and text.endswith("}")):
        raise _invalid(text)
    found: list[Condition] = []
    rest = text[1:-1]
    while rest:
        name, mark, rest = rest.partition("[")
        if not mark:
            raise _invalid(text)
        end = _end(rest)
        either = [_CONDITION.fullmatch(part) for part in _OR.split(rest[:end])] if end >= 0 else []
        if not either or not all(either):
            raise _invalid(text)
        literals = [_bare(one[2]) for one in either if one]
        operator = either[0][1] if either[0] else ""
        if len(literals) > 1 and operator:
            raise _invalid(text)
        found.append((name.strip(), operator or "=", tuple(literals)))
        rest = rest[end + 1 :].lstrip("; ")
    return found


def fits(values: Mapping[str, list[str]], asked: list[Condition]) -> bool:
    return all(
        any(_holds(values.get(name, []), how, literal) for literal in literals)
        for name, how, literals in asked
    )


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


def _bare(literal: str) -> str:
    return literal[1:-1] if literal[0] in "\"'" else literal


@lru_cache
def _pattern(literal: str) -> re.Pattern[str]:
    """A star alone stands for any signs."""
    word = re.sub(r"[\[?]", lambda found: f"[{found[0]}]", literal.casefold())
    return re.compile(fnmatch.translate(word))


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
        return any(_pattern(literal).match(value.casefold()) for value in values)
    for value in values:
        here, there = key(value), key(literal)
        if (operator[0] == ">" and here > there) or (operator[0] == "<" and here < there):
            return True
        if operator.endswith("=") and here == there:
            return True
    return False


def _invalid(text: str) -> QcError:
    return QcError(404, "invalid-filter-expression", f"Invalid filter: {text}")
