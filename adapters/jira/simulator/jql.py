"""The part of JQL that is needed: the usual fields, AND, OR, NOT, parentheses, ORDER BY."""

import contextlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone

from adapters.jira.simulator.model import Issue, Refused, User

Test = Callable[[Issue], bool]
DateOf = Callable[[Issue, str], int]
"""(issue, column) -> the date as the index knows it."""

_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
_TOKEN = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|>=|<=|!=|!~|[=~<>(),]|[^\s()=!<>~,"']+)"""
)
_WORD = re.compile(r"\w+")
_NAMES = {"key": "key", "issuekey": "key", "issue": "key", "id": "key", "type": "issuetype"}


def search(
    jql: str,
    issues: Iterable[Issue],
    me: User,
    projects: set[str],
    date_of: DateOf = getattr,
    offset: int = 0,
) -> list[Issue]:
    """Raises Refused 400 for what it does not know. Written dates are read in the account's time
    zone, `offset` minutes from UTC."""
    where, _, order = _split(jql)
    test = _Reader(where, me, projects, date_of, offset).parse()
    indexed = [issue for issue in issues if date_of(issue, "created")]
    found = [issue for issue in indexed if test(issue)]
    for column in reversed([part.strip() for part in order.split(",") if part.strip()]):
        _sort(found, column, date_of)
    return found


def _split(jql: str) -> tuple[str, str, str]:
    found = _ORDER.search(jql)
    return (jql[: found.start()], "order by", jql[found.end() :]) if found else (jql, "", "")


class _Reader:
    def __init__(
        self, where: str, me: User, projects: set[str], date_of: DateOf, offset: int
    ) -> None:
        self._tokens = _tokens(where)
        self._at = 0
        self._me, self._projects = me, projects
        self._date_of, self._offset = date_of, offset

    def parse(self) -> Test:
        if not self._tokens:
            return lambda issue: True
        found = self._either()
        if self._at < len(self._tokens):
            raise self._unreadable()
        return found

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda issue: any(test(issue) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda issue: all(test(issue) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            inner = self._one()
            return lambda issue: not inner(issue)
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        name = self._next().strip("\"'").lower()
        return self._clause(_NAMES.get(name, name))

    def _clause(self, name: str) -> Test:
        if self._take("is"):
            wanted = not self._take("not")
            if not (self._take("empty") or self._take("null")):
                raise self._unreadable()
            held = self._held(name)
            return lambda issue: (not held(issue)) is wanted
        if self._take("not"):
            self._expect("in")
            inner = self._compare(name, "=", self._list())
            return lambda issue: not inner(issue)
        if self._take("in"):
            return self._compare(name, "=", self._list())
        return self._compare(name, self._next(), [self._value()])

    def _compare(self, name: str, operator: str, values: list[str]) -> Test:
        if name in ("created", "updated"):
            at = _moment(name, values[0], self._offset)
            return _moment_test(name, operator, at, self._date_of)
        if name == "project":
            for key in set(values) - self._projects:
                raise Refused(400, f"The value '{key}' does not exist for the field 'project'.")
        held = self._held(name)
        wanted = {self._me.name if v.lower() == "currentuser()" else v for v in values}
        low = {value.casefold() for value in wanted}
        match operator:
            case "=":
                return lambda issue: bool(low & held(issue))
            case "!=":
                return lambda issue: bool(held(issue)) and not low & held(issue)
            case "~":
                return lambda issue: any(_says(text, w) for w in low for text in held(issue))
            case "!~":
                return lambda issue: not any(_says(text, w) for w in low for text in held(issue))
        raise self._unreadable()

    def _held(self, name: str) -> Callable[[Issue], set[str]]:
        read = _HELD.get(name)
        if read is None:
            raise Refused(
                400, f"Field '{name}' does not exist or you do not have permission to view it."
            )
        return lambda issue: {text.casefold() for text in read(issue) if text}

    def _list(self) -> list[str]:
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return values

    def _value(self) -> str:
        token = self._next()
        if token[0] in "\"'":
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if token in ("(", ")", ","):
            self._at -= 1
            raise self._unreadable()
        if self._tokens[self._at : self._at + 2] == ["(", ")"]:
            self._at += 2
            return token + "()"
        return token

    def _take(self, word: str) -> bool:
        here = self._at < len(self._tokens) and self._tokens[self._at].lower() == word
        self._at += here
        return here

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._unreadable()

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._unreadable()
        self._at += 1
        return self._tokens[self._at - 1]

    def _unreadable(self) -> Refused:
        near = self._tokens[self._at] if self._at < len(self._tokens) else "the end"
        return Refused(400, f"Error in the JQL Query: unexpected '{near}' (word {self._at + 1}).")


def _tokens(where: str) -> list[str]:
    found, at, text = [], 0, where.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Refused(400, f"Error in the JQL Query: line 1, character {at + 1}.")
        found.append(token[1])
        at = token.end()
    return found


def _says(text: str, wanted: str) -> bool:
    """Quotes within make a phrase: these words in this order, whatever stands between them."""
    if not (len(wanted) > 1 and wanted[0] == wanted[-1] == '"'):
        return wanted in text
    words, phrase = _WORD.findall(text), _WORD.findall(wanted)
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words)))


def _person(user: User | None) -> tuple[str, ...]:
    return (user.name, user.display_name, user.email) if user else ()


_HELD: dict[str, Callable[[Issue], Iterable[str | None]]] = {
    "project": lambda issue: (issue.project.key,),
    "key": lambda issue: (issue.key, issue.id),
    "issuetype": lambda issue: (issue.type,),
    "status": lambda issue: (issue.status,),
    "priority": lambda issue: (issue.priority,),
    "resolution": lambda issue: (issue.resolution,),
    "labels": lambda issue: issue.labels,
    "assignee": lambda issue: _person(issue.assignee),
    "reporter": lambda issue: _person(issue.reporter),
    "creator": lambda issue: _person(issue.creator),
    "summary": lambda issue: (issue.summary,),
    "text": lambda issue: (issue.summary, issue.description),
    "duedate": lambda issue: (issue.due,),
    "due": lambda issue: (issue.due,),
}


def _moment(name: str, text: str, offset: int) -> int:
    """Numbers are milliseconds; dates know minutes and no time zone."""
    if text.lstrip("-").isdigit():
        return int(text)
    written = text.strip("\"'").replace("/", "-")
    with contextlib.suppress(ValueError):
        if len(written) <= len("2026-01-31 12:30"):
            zone = timezone(timedelta(minutes=offset))
            return round(datetime.fromisoformat(written).replace(tzinfo=zone).timestamp() * 1000)
    raise Refused(400, f"Date value '{text}' for field '{name}' is invalid.")


def _moment_test(name: str, operator: str, at: int, date_of: DateOf) -> Test:
    # Like Jira's index, this compares whole seconds.
    bound = at // 1000
    compare: dict[str, Callable[[int], bool]] = {
        ">=": lambda at: at >= bound,
        "<=": lambda at: at <= bound,
        ">": lambda at: at > bound,
        "<": lambda at: at < bound,
        "=": lambda at: at == bound,
    }
    test = compare[operator]
    return lambda issue: test(date_of(issue, name) // 1000)


def _sort(found: list[Issue], column: str, date_of: DateOf) -> None:
    name, _, direction = column.partition(" ")
    backwards = direction.strip().lower() == "desc"
    if name.lower() in ("created", "updated"):
        found.sort(key=lambda issue: date_of(issue, name.lower()) // 1000, reverse=backwards)
    elif name.lower() in ("key", "id", "issuekey"):
        found.sort(key=lambda issue: (issue.project.key, int(issue.id)), reverse=backwards)
    else:
        raise Refused(400, f"Not able to sort using field '{name}'.")
