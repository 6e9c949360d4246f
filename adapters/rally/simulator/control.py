"""What a test of whole processes asks of the simulator itself, beside Rally's own API."""

import msgspec
from aiohttp import web

from adapters.simulation import FAULTS, Fault, Refused, json_reply

_fault = msgspec.json.Decoder(Fault).decode


async def fault(request: web.Request) -> web.Response:
    """One `Fault` as JSON: what goes wrong with the next calls that fit."""
    try:
        request.app[FAULTS].fail_next(_fault(await request.read()))
    except msgspec.DecodeError as error:
        raise Refused(400, {"error": str(error)}) from error
    return json_reply({}, 201)


def routes() -> list[web.RouteDef]:
    return [web.post("/simulator/faults", fault)]
