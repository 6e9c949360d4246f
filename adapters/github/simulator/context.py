"""What every handler needs, and how it gets it from a request."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from adapters.github.simulator.faults import RateLimit
from adapters.github.simulator.model import Issue, Refused, Repository, User
from adapters.github.simulator.shapes import API, Shapes
from adapters.github.simulator.state import State
from adapters.simulation import json_reply

STATE: web.AppKey[State] = web.AppKey("state", State)
LIMIT: web.AppKey[RateLimit] = web.AppKey("limit", RateLimit)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_decode = msgspec.json.Decoder().decode


def state(request: web.Request) -> State:
    return request.app[STATE]


def shapes(request: web.Request) -> Shapes:
    return Shapes(state(request), f"{request.scheme}://{request.host}")


def me(request: web.Request) -> User:
    return state(request).me


def repository(request: web.Request) -> Repository:
    found = request.match_info
    if "repository" in found:
        return state(request).repository_by_id(int(found["repository"]))
    return state(request).repository(f"{found['owner']}/{found['repo']}")


def issue(request: web.Request) -> Issue:
    return state(request).issue(repository(request), int(request.match_info["number"]))


async def data(request: web.Request) -> Any:
    raw = await request.read()
    try:
        return _decode(raw) if raw else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "Problems parsing JSON") from None


async def body(request: web.Request) -> dict[str, Any]:
    found = await data(request)
    if not isinstance(found, dict):
        raise Refused(400, "Body should be a JSON object")
    return found


def number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() and int(text) > 0 else default


def page(
    request: web.Request, rows: Sequence[Any], shape: Callable[[Any], Any], wrap: str = ""
) -> web.Response:
    """One page, with GitHub's links to the others."""
    size = min(number(request, "per_page", 30), state(request).config.page_cap)
    wanted = number(request, "page", 1)
    last = max(1, -(-len(rows) // size))
    shaped = [shape(row) for row in rows[(wanted - 1) * size : wanted * size]]
    wrapped = {"total_count": len(rows), "incomplete_results": False, wrap: shaped}
    answer = json_reply(wrapped if wrap else shaped)
    links = {"next": wanted + 1, "last": last} if wanted < last else {}
    if wanted > 1:
        links |= {"prev": wanted - 1, "first": 1}
    if links:
        answer.headers["Link"] = ", ".join(
            f'<{_other(request, target)}>; rel="{name}"' for name, target in links.items()
        )
    return answer


def _other(request: web.Request, target: int) -> str:
    query = urlencode({**request.query, "page": str(target)})
    return f"{request.scheme}://{request.host}{request.path}?{query}"


def both(method: str, path: str, handler: Handler) -> list[web.RouteDef]:
    """A path of a repository, by its name and by its number."""
    return [
        web.route(method, f"{API}/repos/{{owner}}/{{repo}}{path}", handler),
        web.route(method, rf"{API}/repositories/{{repository:\d+}}{path}", handler),
    ]
