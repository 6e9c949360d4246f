"""Rally's query language: conditions in parentheses, joined in pairs and never three at once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.rally.simulator.model import Told

_TOKEN = re.compile(r'\s*(\(|\)|"(?:[^"\\]|\\.)*"|!contains|!=|>=|<=|=|>|<|[^\s()=<>!"]+)')
_OPERATORS = frozenset({"=", "!=", ">", ">=", "<", "<=", "contains", "!contains"})
_WHOLE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""Of one form and one zone: in the order of their letters."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")


class Condition(msgspec.Struct, frozen=True):
    field: str
    operator: str
    value: str | None


class Both(msgspec.Struct, frozen=True):
    left: "Expression"
    right: "Expression"
    every: bool


Expression = Condition | Both
Read = Callable[[str], list[Any]]
"""A dotted name to the values that it has; several for a collection."""


def parse(text: str) -> Expression:
    parser = _Parser(text)
    found = parser.expression()
    parser.end()
    return found


def fields(expression: Expression) -> set[str]:
    if isinstance(expression, Condition):
        return {expression.field}
    return fields(expression.left) | fields(expression.right)


def holds(expression: Expression, read: Read) -> bool:
    if isinstance(expression, Both):
        left = holds(expression.left, read)
        if left is not expression.every:
            return left
        return holds(expression.right, read)
    values = read(expression.field) or [None]
    if len(values) == 1:
        return _fits(expression.operator, values[0], expression.value)
    if expression.operator in ("!=", "!contains"):
        return all(_fits(expression.operator, value, expression.value) for value in values)
    return any(_fits(expression.operator, value, expression.value) for value in values)


def object_id(expression: Expression) -> int | None:
    """Of a query that can find one thing only."""
    if isinstance(expression, Condition):
        sure = expression.field == "ObjectID" and expression.operator == "="
        value = expression.value or ""
        return int(value) if sure and value.isdigit() else None
    if not expression.every:
        return None
    left = object_id(expression.left)
    return object_id(expression.right) if left is None else left


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def expression(self) -> Expression:
        self._expect("(")
        if self._peek() == "(":
            left = self.expression()
            if self._peek() == ")":
                self._next()
                return left
            word = self._next().upper()
            if word not in ("AND", "OR"):
                raise _wrong(f'expected "AND" or "OR" but saw "{word}" instead')
            right = self.expression()
            self._expect(")")
            return Both(left, right, word == "AND")
        field, operator = self._next(), self._next()
        if operator.lower() not in _OPERATORS:
            raise _wrong(f'"{operator}" is not a valid operator')
        value = self._value()
        self._expect(")")
        return Condition(field, operator.lower(), value)

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise _wrong(f'expected the end but saw "{self._peek()}" instead')

    def _value(self) -> str | None:
        word = self._next()
        if word.startswith('"'):
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        return None if word == "null" else word

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        seen = self._next()
        if seen != token:
            raise _wrong(f'expected "{token}" but saw "{seen}" instead')


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise _wrong("a character that does not belong there")
        tokens.append(found[1])
        at = found.end()
    return tokens


def _wrong(why: str) -> Told:
    return Told(f"Could not parse: Error parsing expression -- {why}.")


def _fits(operator: str, held: Any, wanted: str | None) -> bool:
    if "contains" in operator:
        inside = (wanted or "").casefold() in str("" if held is None else held).casefold()
        return inside is not operator.startswith("!")
    if held in (None, "") or wanted in (None, ""):
        same = (held in (None, "")) and (wanted in (None, ""))
        return same is (operator != "!=") if operator in ("=", "!=") else False
    left, right = _comparable(held, str(wanted))
    match operator:
        case "=":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case "<":
            return bool(left < right)
    return bool(left <= right)


def _comparable(held: Any, wanted: str) -> tuple[Any, Any]:
    if isinstance(held, bool):
        return held, wanted.casefold() == "true"
    if isinstance(held, int | float):
        try:
            return float(held), float(wanted)
        except ValueError:
            raise Told(f"Could not parse: Could not convert: {wanted} into a number.") from None
    text = str(held)
    if _WHOLE.fullmatch(wanted) and len(text) == len(wanted):
        return text, wanted
    if _DATE.fullmatch(text) and _DATE.fullmatch(wanted):
        return _moment(text), _moment(wanted)
    return text.casefold(), wanted.casefold()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Told(
            f'Could not parse: Cannot convert "{text}" into a date. You must use the ISO8601'
            " date+time format."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
