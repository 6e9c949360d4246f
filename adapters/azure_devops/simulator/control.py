"""What a test of whole processes asks of the simulator itself, beside the tracker's own API."""

import msgspec
from aiohttp import web

from adapters.azure_devops.simulator.faults import Weather

_LONGEST = 60.0


class Control:
    def __init__(self, weather: Weather) -> None:
        self._weather = weather

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/simulator/calls", self.calls),
            web.put("/simulator/latency", self.latency),
        ]

    async def calls(self, request: web.Request) -> web.Response:
        """`METHOD /path/template` -> how often it was asked."""
        return _reply(dict(self._weather.calls))

    async def latency(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=dict[str, float])
        except (msgspec.DecodeError, UnicodeDecodeError):
            wanted = {}
        seconds = wanted.get("seconds", -1.0)
        if not 0 <= seconds <= _LONGEST:
            return _reply({"error": f"seconds must be a number from 0 to {_LONGEST:g}"}, 400)
        self._weather.latency = seconds
        return _reply({"seconds": seconds})


def _reply(data: object, status: int = 200) -> web.Response:
    body = msgspec.json.encode(data)
    return web.Response(body=body, status=status, content_type="application/json")
