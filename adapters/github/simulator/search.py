"""REST: the search for issues; the qualifiers that people use most."""

import re
from collections.abc import Callable

from aiohttp import web

from adapters.github.simulator import context
from adapters.github.simulator.model import Issue, invalid
from adapters.github.simulator.shapes import API
from adapters.github.simulator.state import State

_TERM = re.compile(r'\s*(-?)(?:([a-z]+):)?("[^"]*"|[^\s"]+)', re.IGNORECASE)
Test = Callable[[Issue], bool]


async def issues(request: web.Request) -> web.Response:
    state, query = context.state(request), request.query
    places, tests = _read(query.get("q", ""))
    rows = [
        issue
        for issue in state.issues.values()
        if (not places or issue.repository.full_name.casefold() in places)
        and all(test(issue) for test in tests)
    ]
    _check_places(state, places)
    sort = "updated" if query.get("sort") == "updated" else "created"
    rows.sort(key=lambda one: (getattr(one, sort), one.id), reverse=query.get("order") != "asc")
    return context.page(request, rows, context.shapes(request).issue, "items")


def _check_places(state: State, places: set[str]) -> None:
    known = {issue.full_name.casefold() for issue in state.repositories.values()}
    if places and not places & known:
        raise invalid("q", message="The listed users and repositories cannot be searched.")


def _read(text: str) -> tuple[set[str], list[Test]]:
    places, tests, at = set[str](), list[Test](), 0
    while at < len(text.rstrip()):
        term = _TERM.match(text, at)
        if term is None:
            raise invalid("q", text)
        at = term.end()
        name, value = (term[2] or "").casefold(), term[3].strip('"').casefold()
        if name == "repo":
            places.add(value)
        else:
            test = _test(name, value)
            tests.append(_opposite(test) if term[1] else test)
    return places, tests


def _opposite(test: Test) -> Test:
    return lambda issue: not test(issue)


def _test(name: str, value: str) -> Test:
    match name, value:
        case ("is" | "type", "issue"):
            return lambda issue: not issue.pull_request
        case ("is" | "type", "pr"):
            return lambda issue: issue.pull_request
        case ("is" | "state", "open" | "closed"):
            return lambda issue: issue.state == value
        case "label", _:
            return lambda issue: value in (label.casefold() for label in issue.labels)
        case "author", _:
            return lambda issue: issue.user.login.casefold() == value
        case "assignee", _:
            return lambda issue: value in (user.login.casefold() for user in issue.assignees)
        case "milestone", _:
            return lambda issue: bool(issue.milestone and issue.milestone.title.casefold() == value)
        case "type", _:
            return lambda issue: (issue.type or "").casefold() == value
        case "in", _:
            return lambda issue: True
        case "", _:
            return lambda issue: value in f"{issue.title} {issue.body or ''}".casefold()
    raise invalid("q", f"{name}:{value}")


def routes() -> list[web.RouteDef]:
    return [web.get(API + "/search/issues", issues)]
