"""What every handler needs, and how it gets it from a request."""

from typing import Any

import msgspec
from aiohttp import web

from adapters.redmine.simulator.model import Issue, Refused, User
from adapters.redmine.simulator.shapes import Shapes
from adapters.redmine.simulator.state import State

STATE: web.AppKey[State] = web.AppKey("state", State)
USER: web.RequestKey[User] = web.RequestKey("user", User)

_decode = msgspec.json.Decoder().decode


def state(request: web.Request) -> State:
    return request.app[STATE]


def user(request: web.Request) -> User:
    return request[USER]


def shapes(request: web.Request) -> Shapes:
    return Shapes(state(request), f"{request.scheme}://{request.host}", user(request))


def issue(request: web.Request) -> Issue:
    return state(request).visible(number(request, "issue"), user(request))


def number(request: web.Request, name: str) -> int:
    text = request.match_info[name]
    if not text.isdigit():
        raise Refused(404)
    return int(text)


def done() -> web.Response:
    return web.Response(status=204)


async def body(request: web.Request, key: str) -> dict[str, Any]:
    """The object under `key`; {} when there is none, as Rails has it."""
    try:
        data = _decode(await request.read() or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400) from None
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def page(request: web.Request) -> tuple[int, int]:
    """Offset and limit."""
    cap = state(request).config.page_cap
    offset = request.query.get("offset", "0")
    limit = request.query.get("limit", "25")
    return (
        int(offset) if offset.isdigit() else 0,
        min(int(limit), cap) if limit.isdigit() and limit != "0" else 25,
    )


def include(request: web.Request) -> set[str]:
    return set(request.query.get("include", "").split(","))
