"""Faults on demand, latency, the rate limit of a proxy and the count of calls."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
from aiohttp import web

from adapters.redmine.simulator.model import Refused


class Fault(msgspec.Struct):
    """What is to go wrong with the next calls that fit."""

    status: int = 503
    method: str = ""
    path: str = ""
    """A part of the path template; '' fits all."""
    headers: dict[str, str] = {}
    times: int = 1
    after: bool = False
    """True: the call is carried out, only its answer is lost."""
    drop: bool = False
    """Closes the connection instead of answering."""
    hang: float = 0.0
    """Seconds to wait before that."""
    body: bytes | None = None
    """Sent as it is, with `status`."""


class RateLimit(msgspec.Struct):
    """As a proxy in front has it: so many calls in each period."""

    capacity: int
    interval: int = 1
    """Seconds."""
    left: int = 0
    period: int = -1


class Faults:
    def __init__(self, now: Callable[[], int]) -> None:
        self.calls: Counter[str] = Counter()
        """`METHOD /path/{template}` -> how often it was asked."""
        self.latency = 0.0
        """Seconds that each call takes at least."""
        self.limit: RateLimit | None = None
        self._now = now
        self._queued: list[Fault] = []

    def fail_next(self, fault: Fault) -> None:
        self._queued.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self._queued:
            if fault.method in ("", method) and fault.path in path:
                fault.times -= 1
                if fault.times <= 0:
                    self._queued.remove(fault)
                return fault
        return None

    def spend(self) -> None:
        """Raises Refused 429 when the period's calls are used up."""
        limit = self.limit
        if limit is None:
            return
        period = self._now() // (limit.interval * 1000)
        if period != limit.period:
            limit.period, limit.left = period, limit.capacity
        if limit.left <= 0:
            raise Refused(429, headers={"Retry-After": str(limit.interval)})
        limit.left -= 1


async def answer_fault(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.hang:
        await asyncio.sleep(fault.hang)
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if fault.body is not None:
        return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
    raise Refused(fault.status, headers=fault.headers)
