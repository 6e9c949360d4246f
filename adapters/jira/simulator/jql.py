"""The part of JQL that is needed: project, created, updated, creator, key; AND, ORDER BY."""

import contextlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone

from adapters.jira.simulator.model import Issue, Refused, User

Test = Callable[[Issue], bool]
DateOf = Callable[[Issue, str], int]
"""(issue, column) -> the date as the index knows it."""

_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_CLAUSE = re.compile(r"^(\w+)\s*(>=|<=|!=|=|>|<|\bin\b)\s*(.+)$", re.IGNORECASE | re.DOTALL)


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
    clauses = [clause for clause in _AND.split(where.strip()) if clause.strip()]
    tests = [_test(clause, me, projects, date_of, offset) for clause in clauses]
    indexed = [issue for issue in issues if date_of(issue, "created")]
    found = [issue for issue in indexed if all(test(issue) for test in tests)]
    for column in reversed([part.strip() for part in order.split(",") if part.strip()]):
        _sort(found, column, date_of)
    return found


def _split(jql: str) -> tuple[str, str, str]:
    found = _ORDER.search(jql)
    return (jql[: found.start()], "order by", jql[found.end() :]) if found else (jql, "", "")


def _test(clause: str, me: User, projects: set[str], date_of: DateOf, offset: int) -> Test:
    parts = _CLAUSE.match(clause.strip())
    if parts is None:
        raise Refused(400, f"Error in the JQL Query: '{clause.strip()}' cannot be read.")
    name, operator, text = parts[1].lower(), parts[2].lower(), parts[3].strip()
    if name == "project" and operator in ("=", "in"):
        return _in_projects(text, projects)
    if name in ("created", "updated"):
        return _moment_test(name, operator, _moment(name, text, offset), date_of)
    if name == "creator" and text.lower() == "currentuser()":
        return lambda issue: issue.creator == me
    if name in ("key", "issuekey") and operator == "=":
        key = text.strip("\"'")
        return lambda issue: issue.key == key
    raise Refused(400, f"Field '{name}' does not exist or you do not have permission to view it.")


def _in_projects(text: str, projects: set[str]) -> Test:
    wanted = {part.strip().strip("\"'") for part in text.strip("()").split(",")}
    for key in wanted - projects:
        raise Refused(400, f"The value '{key}' does not exist for the field 'project'.")
    return lambda issue: issue.project.key in wanted


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
