"""What a test of whole processes asks of the simulator itself, beside the tracker's own API."""

from typing import Any

from aiohttp import web

from adapters.github.simulator import context
from adapters.github.simulator.model import Refused

_LONGEST = 60.0


async def calls(request: web.Request) -> web.Response:
    """`METHOD /path/{template}` -> how often it was asked."""
    return context.reply(dict(request.app[context.FAULTS].calls))


async def latency(request: web.Request) -> web.Response:
    seconds: Any = (await context.body(request)).get("seconds")
    if type(seconds) not in (int, float) or not 0 <= seconds <= _LONGEST:
        raise Refused(400, f"seconds must be a number from 0 to {_LONGEST:g}.")
    request.app[context.FAULTS].latency = float(seconds)
    return context.reply({"seconds": seconds})


def routes() -> list[web.RouteDef]:
    return [web.get("/simulator/calls", calls), web.put("/simulator/latency", latency)]
