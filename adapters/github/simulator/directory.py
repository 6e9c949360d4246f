"""REST: the server, accounts, repositories and what they know."""

from typing import Any

from aiohttp import web

from adapters.github.simulator import context, people
from adapters.github.simulator.logins import LOGINS
from adapters.github.simulator.model import Refused, User
from adapters.github.simulator.shapes import API
from adapters.github.simulator.state import State
from adapters.simulation import json_reply


async def rate_limit(request: web.Request) -> web.Response:
    limit = request.app[context.LIMIT]
    shown = {
        "limit": limit.limit,
        "used": limit.used,
        "remaining": limit.limit - limit.used,
        "reset": limit.reset,
    }
    return json_reply({"resources": {"core": shown, "search": shown}, "rate": shown})


async def myself(request: web.Request) -> web.Response:
    shapes = context.shapes(request)
    return json_reply(people.own_profile(context.me(request), shapes.site, shapes.api))


async def account(request: web.Request) -> web.Response:
    shapes = context.shapes(request)
    found = context.state(request).user(request.match_info["login"])
    return json_reply(people.profile(found, shapes.site, shapes.api))


async def search(request: web.Request) -> web.Response:
    """Whole words in quotes first, then where they are to be looked for."""
    text, _, operators = request.query.get("q", "").removeprefix('"').partition('"')
    if not text:
        raise Refused(422, "Validation Failed", ({"code": "missing", "field": "q"},))
    rows = [user for user in context.state(request).users.values() if _fits(user, text, operators)]
    shapes = context.shapes(request)

    def shaped(user: User) -> dict[str, Any]:
        return {**shapes.user(user), "score": 1.0}

    return context.page(request, rows, shaped, "items")


def _fits(user: User, text: str, operators: str) -> bool:
    words = text.casefold()
    places = {"in:login": user.login, "in:name": user.name, "in:email": user.email or ""}
    return user.kind == "User" and any(
        words in value.casefold() for place, value in places.items() if place in operators
    )


async def repository(request: web.Request) -> web.Response:
    return json_reply(_repository(request, context.repository(request)))


async def repositories(request: web.Request) -> web.Response:
    rows = list(context.state(request).repositories.values())
    wrap = "repositories" if request.path.startswith(f"{API}/installation/") else ""
    return context.page(request, rows, lambda one: _repository(request, one), wrap)


def _repository(request: web.Request, found: Any) -> dict[str, Any]:
    shapes = context.shapes(request)
    rights = context.state(request).rights
    return people.repository(found, rights, shapes.site, shapes.api)


async def labels(request: web.Request) -> web.Response:
    found, shapes = context.repository(request), context.shapes(request)
    return context.page(request, sorted(found.labels), lambda name: shapes.label(found, name))


async def milestones(request: web.Request) -> web.Response:
    found, shapes = context.repository(request), context.shapes(request)
    wanted = request.query.get("state", "open")
    rows = [one for one in found.milestones if wanted in ("all", one.state)]
    return context.page(request, rows, lambda one: shapes.milestone(found, one))


async def assignees(request: web.Request) -> web.Response:
    context.repository(request)
    rows = context.state(request).assignable()
    return context.page(request, rows, context.shapes(request).user)


async def may_assign(request: web.Request) -> web.Response:
    context.repository(request)
    login = request.match_info["login"].casefold()
    if login not in {user.login.casefold() for user in context.state(request).assignable()}:
        raise Refused(404, "Not Found")
    return web.Response(status=204)


async def issue_types(request: web.Request) -> web.Response:
    state = _organisation(request)
    shapes = context.shapes(request)
    return json_reply([shapes.issue_type(name) for name in state.config.issue_types])


async def issue_fields(request: web.Request) -> web.Response:
    state = _organisation(request)
    shapes = context.shapes(request)
    return json_reply([shapes.issue_field(field) for field in state.config.issue_fields])


def _organisation(request: web.Request) -> State:
    state = context.state(request)
    if request.match_info["org"] not in state.config.organisations:
        raise Refused(404, "Not Found")
    return state


async def log_in(request: web.Request) -> web.Response:
    logins = request.app[LOGINS]
    made = logins.install(request.headers, int(request.match_info["installation"]))
    return json_reply(made, 201)


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{API}/rate_limit", rate_limit),
        web.get(f"{API}/user", myself),
        web.get(f"{API}/user/repos", repositories),
        web.get(f"{API}/installation/repositories", repositories),
        web.get(f"{API}/users/{{login}}", account),
        web.get(f"{API}/search/users", search),
        web.get(f"{API}/orgs/{{org}}/issue-types", issue_types),
        web.get(f"{API}/orgs/{{org}}/issue-fields", issue_fields),
        web.post(rf"{API}/app/installations/{{installation:\d+}}/access_tokens", log_in),
        *context.both("GET", "", repository),
        *context.both("GET", "/labels", labels),
        *context.both("GET", "/milestones", milestones),
        *context.both("GET", "/assignees", assignees),
        *context.both("GET", "/assignees/{login}", may_assign),
    ]
