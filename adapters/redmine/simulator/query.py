"""Filters and order of a list of issues. A filter that Redmine does not know lets all through."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from multidict import MultiMapping

from adapters.redmine.simulator import catalogue
from adapters.redmine.simulator.model import Issue, Refused, User
from adapters.redmine.simulator.state import State

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z?")
_FIELD = re.compile(r"cf_(\d+)")
Test = Callable[[Issue], bool]


def select(state: State, query: MultiMapping[str], user: User) -> list[Issue]:
    tests = _tests(state, query, user)
    found = [
        issue
        for issue in state.issues.values()
        if state.sees(issue.project, user) and all(test(issue) for test in tests)
    ]
    for part in reversed(query.get("sort", "id:desc").split(",")):
        column, _, direction = part.partition(":")
        key = _COLUMNS.get(column)
        if key is not None:
            found.sort(key=key, reverse=direction == "desc")
    return found


_COLUMNS: dict[str, Callable[[Issue], int]] = {
    "id": lambda issue: issue.id,
    "updated_on": lambda issue: issue.updated,
    "created_on": lambda issue: issue.created,
    "priority": lambda issue: issue.priority,
}


def _tests(state: State, query: MultiMapping[str], user: User) -> list[Test]:
    named = query.getall("f[]", [])
    if named:
        filters = {
            name: (query.get(f"op[{name}]", "="), query.getall(f"v[{name}][]", []))
            for name in named
        }
    else:
        filters = {key: _short(query[key]) for key in query if key not in _NO_FILTERS}
    if not named and "status_id" not in filters:
        filters["status_id"] = ("o", [])
    tests: list[Test] = []
    for name, (operator, values) in filters.items():
        test = _test(state, name, operator, values, user)
        if test is not None:
            tests.append(test)
    return tests


_NO_FILTERS = frozenset({"offset", "limit", "sort", "include", "set_filter", "key"})


def _short(text: str) -> tuple[str, list[str]]:
    for operator in (">=", "<=", "~", "*", "o", "c", "=", "!"):
        if text.startswith(operator) and (operator not in ("o", "c") or len(text) == 1):
            return operator, [part for part in text[len(operator) :].split("|") if part]
    return "=", text.split("|")


def _test(state: State, name: str, operator: str, values: list[str], user: User) -> Test | None:
    match name:
        case "status_id":
            return _status(operator, values)
        case "project_id":
            ids = {state.project(value, user).id for value in values}
            return lambda issue: issue.project.id in ids
        case "updated_on" | "created_on":
            return _time(state, name, operator, values)
        case "description" | "subject":
            return _text(name, operator, values)
        case "tracker_id" | "priority_id":
            return lambda issue: (
                (str(issue.tracker if name == "tracker_id" else issue.priority) in values)
                is not operator.startswith("!")
            )
        case "issue_id":
            numbers = {part for value in values for part in value.split(",")}
            return lambda issue: str(issue.id) in numbers
        case "author_id":
            wanted = {str(user.id) if value == "me" else value for value in values}
            return lambda issue: str(issue.author.id) in wanted
    found = _FIELD.fullmatch(name)
    if found and int(found[1]) in {field.id for field in catalogue.FIELDS}:
        return _custom(int(found[1]), values)
    return None


def _text(name: str, operator: str, values: list[str]) -> Test:
    words = values[0].casefold() if values else ""

    def held(issue: Issue) -> str:
        return (issue.subject if name == "subject" else issue.description or "").casefold()

    match operator:
        case "=":
            return lambda issue: held(issue) == words
        case "!~":
            return lambda issue: words not in held(issue)
    return lambda issue: words in held(issue)


def _status(operator: str, values: list[str]) -> Test | None:
    if operator == "*":
        return None
    if operator in ("o", "c"):
        return lambda issue: catalogue.STATUSES[issue.status][1] == (operator == "c")
    return lambda issue: str(issue.status) in values


def _custom(number: int, values: list[str]) -> Test:
    def test(issue: Issue) -> bool:
        held = issue.custom.get(number)
        return any(value in (held if isinstance(held, list) else [held]) for value in values)

    return test


def _time(state: State, column: str, operator: str, values: list[str]) -> Test:
    """Without a Z the moment is one of the account's time zone."""
    text = values[0] if values else ""
    if _MOMENT.fullmatch(text) is None:
        raise Refused(422)
    zone = UTC if text.endswith("Z") else ZoneInfo(state.config.time_zone)
    at = datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=zone)
    bound = int(at.timestamp())
    key = _COLUMNS[column]
    if operator == "<=":
        return lambda issue: key(issue) // 1000 <= bound
    # Compared with the parts of a second that no answer shows, from a second before on.
    return lambda issue: key(issue) > (bound - 1) * 1000
