"""What a test of whole processes asks of the simulator itself, beside the tracker's own API."""

import msgspec
from aiohttp import web

from adapters.simulation.gate import FAULTS
from adapters.simulation.refusal import Refused
from adapters.simulation.replies import json_reply

_LONGEST = 60.0
_decode = msgspec.json.Decoder().decode


async def calls(request: web.Request) -> web.Response:
    """`METHOD /path/{template}` -> how often it was asked."""
    return json_reply(dict(request.app[FAULTS].calls))


async def latency(request: web.Request) -> web.Response:
    try:
        seconds = _decode(await request.read()).get("seconds")
    except (msgspec.DecodeError, AttributeError):
        seconds = None
    if type(seconds) not in (int, float) or not 0 <= seconds <= _LONGEST:
        raise Refused(400, {"detail": f"seconds must be a number from 0 to {_LONGEST:g}."})
    request.app[FAULTS].latency = float(seconds)
    return json_reply({"seconds": seconds})


async def fault(request: web.Request) -> web.Response:
    """One `Fault` as JSON: what goes wrong with the next calls that fit."""
    faults = request.app[FAULTS]
    try:
        faults.fail_next(msgspec.json.decode(await request.read(), type=faults.kind))
    except msgspec.DecodeError as error:
        raise Refused(400, {"error": str(error)}) from error
    return json_reply({}, 201)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/simulator/calls", calls),
        web.put("/simulator/latency", latency),
        web.post("/simulator/faults", fault),
    ]
