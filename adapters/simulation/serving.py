"""A simulated tracker as a web application on a loopback port."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.simulation.faults import Fault, Faults, answer_fault
from adapters.simulation.refusal import Refused

FAULTS: web.AppKey[Faults] = web.AppKey("faults", Faults)
Guard = Callable[[web.Request], None]
"""Raises `Refused` for a call without the right credentials."""

LARGEST_BODY = 64 << 20
"""Bytes of a JSON body; attachments are streamed and know no limit."""
_LONGEST = 60.0

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def system_now() -> int:
    return time.time_ns() // 1_000_000


def json_reply(data: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=_encode(data), status=status, content_type="application/json", charset="utf-8"
    )


def guarded(prefix: str, guard: Guard) -> Any:
    """The middleware of the tracker's own API, which lies under `prefix`: counts, delays, asks for
    credentials, fails on demand."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if not request.path.startswith(prefix):
                return await handler(request)
            return await _answer(request, handler, guard)
        except Refused as refused:
            answer = json_reply(refused.body, refused.status)
            answer.headers.update(refused.headers)
            return answer

    return middleware


async def _answer(request: web.Request, handler: Handler, guard: Guard) -> web.StreamResponse:
    faults = request.app[FAULTS]
    resource = request.match_info.route.resource
    path = resource.canonical if resource else request.path
    faults.calls[f"{request.method} {path}"] += 1
    if faults.latency:
        await asyncio.sleep(faults.latency)
    guard(request)
    fault = faults.take(request.method, path)
    if fault is not None and not fault.after:
        return await answer_fault(request, fault)
    answer = await handler(request)
    if fault is not None:
        return await answer_fault(request, fault)
    return answer


async def _calls(request: web.Request) -> web.Response:
    return json_reply(dict(request.app[FAULTS].calls))


async def _latency(request: web.Request) -> web.Response:
    try:
        seconds = _decode(await request.read()).get("seconds")
    except (msgspec.DecodeError, AttributeError):
        seconds = None
    if type(seconds) not in (int, float) or not 0 <= seconds <= _LONGEST:
        raise Refused(400, {"detail": f"seconds must be a number from 0 to {_LONGEST:g}."})
    request.app[FAULTS].latency = float(seconds)
    return json_reply({"seconds": seconds})


class Server:
    """Serves one application. Beside the tracker's own paths it has `/simulator/calls` and
    `/simulator/latency`, for tests of whole processes."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.faults = Faults()
        self.url = ""
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    def application(self, prefix: str, guard: Guard) -> web.Application:
        app = web.Application(middlewares=[guarded(prefix, guard)], client_max_size=LARGEST_BODY)
        app[FAULTS] = self.faults
        app.router.add_routes(
            [web.get("/simulator/calls", _calls), web.put("/simulator/latency", _latency)]
        )
        return app

    async def serve(self, app: web.Application) -> None:
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        self.url = f"http://{self._host}:{runner.addresses[0][1]}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def calls(self) -> Counter[str]:
        """`METHOD /path/{template}` -> how often it was asked."""
        return self.faults.calls

    def fail_next(self, fault: Fault) -> None:
        self.faults.fail_next(fault)
