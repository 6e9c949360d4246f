"""What a test of whole processes asks of the simulator itself, beside the tracker's own API."""

from typing import Any

import msgspec
from aiohttp import web

from adapters.redmine.simulator import context
from adapters.redmine.simulator.faults import Fault

_LONGEST = 60.0
_fault = msgspec.json.Decoder(Fault).decode
_seconds = msgspec.json.Decoder(dict[str, Any]).decode


async def calls(request: web.Request) -> web.Response:
    """`METHOD /path/{template}` -> how often it was asked."""
    return context.reply(dict(request.app[context.FAULTS].calls))


async def latency(request: web.Request) -> web.Response:
    try:
        seconds = _seconds(await request.read()).get("seconds")
    except msgspec.DecodeError:
        seconds = None
    if type(seconds) not in (int, float) or not 0 <= float(seconds or 0) <= _LONGEST:
        return context.reply({"error": f"seconds must be a number from 0 to {_LONGEST:g}."}, 400)
    request.app[context.FAULTS].latency = float(seconds or 0)
    return context.reply({"seconds": seconds})


async def fault(request: web.Request) -> web.Response:
    """One `Fault` as JSON: what goes wrong with the next calls that fit."""
    try:
        request.app[context.FAULTS].fail_next(_fault(await request.read()))
    except msgspec.DecodeError as error:
        return context.reply({"error": str(error)}, 400)
    return context.reply({}, 201)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/simulator/calls", calls),
        web.put("/simulator/latency", latency),
        web.post("/simulator/faults", fault),
    ]
