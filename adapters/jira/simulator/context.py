"""What every handler needs, and how it gets it from a request."""

from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from adapters.jira.simulator.model import Issue, Refused
from adapters.jira.simulator.shapes import Shapes
from adapters.jira.simulator.state import State

STATE: web.AppKey[State] = web.AppKey("state", State)

ShapesOf = Callable[[web.Request], Shapes]
Translate = Callable[[web.Request, dict[str, Any]], dict[str, Any]]
# A Jira that answers in another version of the API has its own of these.
SHAPES: web.AppKey[ShapesOf] = web.AppKey("shapes")
TRANSLATE: web.AppKey[Translate] = web.AppKey("translate")

_decode = msgspec.json.Decoder().decode


def state(request: web.Request) -> State:
    return request.app[STATE]


def shapes(request: web.Request) -> Shapes:
    own = request.app.get(SHAPES)
    url, offset = f"{request.scheme}://{request.host}", state(request).config.utc_offset
    return own(request) if own else Shapes(url, offset)


def issue(request: web.Request) -> Issue:
    return state(request).issue(request.match_info["key"])


async def body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise Refused(415, "Unsupported Media Type")
    try:
        data = _decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "Unexpected character in the request's body") from None
    if not isinstance(data, dict):
        raise Refused(400, "Can not deserialize instance of the request's body")
    translate = request.app.get(TRANSLATE)
    return translate(request, data) if translate else data


def number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise Refused(400, f"The parameter {name} must be a number.")
    return int(text)


def names(request: web.Request, name: str) -> list[str]:
    """A list given as one text with commas, or several times."""
    return [part for text in request.query.getall(name, []) for part in text.split(",") if part]
