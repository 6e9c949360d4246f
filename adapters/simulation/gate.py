"""What each call to a simulated tracker's own API goes through, before and after its handler."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.simulation.faults import Faults, answer_fault
from adapters.simulation.refusal import Refused

FAULTS: web.AppKey[Faults] = web.AppKey("faults", Faults)
Guard = Callable[[web.Request], Mapping[str, str] | None]
"""Raises `Refused` for a call without the right credentials, or above a limit; may give headers for
the answer, such as those of a limit."""
Covered = str | tuple[str, ...] | Callable[[str], bool]
"""Beginnings of the API's paths, or what tells whether a path is one."""


def guarded(covered: Covered, guard: Guard, base: str = "") -> Any:
    """The middleware: counts (without `base` in front of the path), delays, asks for credentials,
    fails on demand."""

    def covers(path: str) -> bool:
        return covered(path) if callable(covered) else path.startswith(covered)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if not covers(request.path):
                return await handler(request)
            return await _answer(request, handler, guard, base)
        except Refused as refused:
            return refused.answer()

    return middleware


def template(request: web.Request) -> str:
    """The path with `{names}` where it differs from call to call."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else request.path


async def _answer(
    request: web.Request, handler: Handler, guard: Guard, base: str
) -> web.StreamResponse:
    faults, path = request.app[FAULTS], template(request)
    faults.calls[f"{request.method} {path.removeprefix(base)}"] += 1
    if faults.latency:
        await asyncio.sleep(faults.latency)
    headers = guard(request) or {}
    fault = faults.take(request.method, path)
    if fault is not None and not fault.after:
        return await answer_fault(request, fault)
    answer = await handler(request)
    if fault is not None:
        return await answer_fault(request, fault)
    answer.headers.update(headers)
    return answer
