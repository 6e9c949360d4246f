"""The part of the query language that is understood: conditions, AND, OR, NOT, and an order."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from adapters.azure_devops.simulator.process import SYNC, Person
from adapters.azure_devops.simulator.refusal import Refusal
from adapters.azure_devops.simulator.state import Item

CAP = 20_000
_TOKEN = re.compile(
    r"\s*(?:(?P<field>\[[\w.]+\])|(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)"
    r"|(?P<sign><>|<=|>=|=|<|>|\(|\)|,)|(?P<macro>@\w+)|(?P<word>\w+))"
)
Test = Callable[[Item], bool]
_DATES = ("System.CreatedDate", "System.ChangedDate")


def select(items: list[Item], query: str, *, top: int | None, precise: bool) -> list[Item]:
    reader = _Reader(_tokens(query), precise)
    test, order, descending = reader.parse()
    found = [item for item in items if test(item)]
    if top is None and len(found) > CAP:
        raise Refusal(
            400,
            "WorkItemTrackingQueryResultSizeLimitExceededException",
            f"VS402337: The number of work items returned exceeds the size limit of {CAP}.",
        )
    found.sort(key=lambda item: _plain(item, order), reverse=descending)
    return found[:top]


class _Reader:
    def __init__(self, tokens: list[str], precise: bool) -> None:
        self._tokens = tokens
        self._place = 0
        self._precise = precise

    def parse(self) -> tuple[Test, str, bool]:
        self._skip_to("WHERE", "ORDER")
        test: Test = _anything
        if self._take_word("WHERE"):
            test = self._either()
        order, descending = "System.Id", False
        if self._take_word("ORDER"):
            self._expect("BY")
            order = self._next().strip("[]")
            descending = self._take_word("DESC")
            self._take_word("ASC")
        if self._place < len(self._tokens):
            raise _unreadable(self._tokens[self._place])
        return test, order, descending

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take_word("OR"):
            tests.append(self._both())
        return lambda item: any(test(item) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take_word("AND"):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        if self._take_word("NOT"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._take_word("("):
            inner = self._either()
            self._expect(")")
            return inner
        field, sign, value = self._condition()
        return lambda item: _holds(item, field, sign, value)

    def _condition(self) -> tuple[str, str, Any]:
        field = self._next()
        if not field.startswith("["):
            raise _unreadable(field)
        sign = self._next().upper()
        if sign == "IN":
            self._expect("(")
            values = [self._value(field)]
            while self._take_word(","):
                values.append(self._value(field))
            self._expect(")")
            return field.strip("[]"), sign, values
        if sign not in ("=", "<>", "<", "<=", ">", ">=", "CONTAINS"):
            raise _unreadable(sign)
        return field.strip("[]"), sign, self._value(field)

    def _value(self, field: str) -> Any:
        token = self._next()
        if token.upper() == "@ME":
            return SYNC
        if token.startswith("'"):
            text = token[1:-1].replace("''", "'")
            return self._date(text) if field.strip("[]") in _DATES else text
        if token.lstrip("-").isdigit():
            return int(token)
        raise _unreadable(token)

    def _date(self, text: str) -> datetime:
        if "T" in text and not self._precise:
            raise Refusal(
                400,
                "InvalidQueryStringException",
                "You cannot supply a time with the date when running a query using date precision.",
            )
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise _unreadable(text) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _skip_to(self, *words: str) -> None:
        while self._place < len(self._tokens) and self._tokens[self._place].upper() not in words:
            self._place += 1

    def _take_word(self, word: str) -> bool:
        here = self._place < len(self._tokens) and self._tokens[self._place].upper() == word
        self._place += here
        return here

    def _expect(self, word: str) -> None:
        if not self._take_word(word):
            raise _unreadable(word)

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            raise _unreadable("the end")
        self._place += 1
        return self._tokens[self._place - 1]


def _anything(item: Item) -> bool:
    return True


def _tokens(query: str) -> list[str]:
    found: list[str] = []
    place = 0
    text = query.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unreadable(text[place : place + 20])
        found.append(match.group().strip())
        place = match.end()
    return found


def _holds(item: Item, field: str, sign: str, wanted: Any) -> bool:
    held = _plain(item, field)
    if sign == "IN":
        return any(_same(held, one) for one in wanted)
    if sign == "CONTAINS":
        return str(wanted).casefold() in str(held or "").casefold()
    if sign == "=":
        return _same(held, wanted)
    if sign == "<>":
        return not _same(held, wanted)
    if held is None:
        return False
    if sign in ("<", "<="):
        return bool(held < wanted or (sign == "<=" and held == wanted))
    return bool(held > wanted or (sign == ">=" and held == wanted))


def _same(held: Any, wanted: Any) -> bool:
    if isinstance(held, str) and isinstance(wanted, str):
        return held.casefold() == wanted.casefold()
    if isinstance(held, Person) and isinstance(wanted, str):
        return wanted.casefold() in (held.unique_name.casefold(), held.name.casefold())
    return bool(held == wanted)


def _plain(item: Item, field: str) -> Any:
    if field == "System.Id":
        return item.id
    held = item.fields.get(field)
    return datetime.fromisoformat(held) if field in _DATES and isinstance(held, str) else held


def _unreadable(near: str) -> Refusal:
    return Refusal(
        400, "SyntaxErrorException", f"TF51006: The query statement is wrong. Near: {near}."
    )
