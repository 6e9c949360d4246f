"""Faults on demand, latency, the rate limit and the count of calls."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
from aiohttp import web

from adapters.jira.simulator.model import Refused


class Fault(msgspec.Struct):
    """What is to go wrong with the next calls that fit."""

    status: int = 503
    method: str = ""
    path: str = ""
    """A part of the path template; '' fits all."""
    messages: tuple[str, ...] = ("The simulated fault",)
    errors: dict[str, str] = {}
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
    """A token bucket as Jira Data Center has it, one for all callers."""

    capacity: int
    interval: int = 1
    """Seconds after which `fill` tokens are added."""
    fill: int = 10
    tokens: int = 0
    filled_at: int = 0


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

    def spend(self) -> dict[str, str]:
        """The headers of the limit. Raises Refused 429 when the bucket is empty."""
        limit = self.limit
        if limit is None:
            return {}
        now = self._now()
        periods = (now - limit.filled_at) // (limit.interval * 1000)
        if periods > 0:
            limit.tokens = min(limit.capacity, limit.tokens + periods * limit.fill)
            limit.filled_at = now
        headers = {
            "X-RateLimit-Limit": str(limit.capacity),
            "X-RateLimit-Interval-Seconds": str(limit.interval),
            "X-RateLimit-FillRate": str(limit.fill),
        }
        if limit.tokens <= 0:
            headers |= {"X-RateLimit-Remaining": "0", "Retry-After": str(limit.interval)}
            raise Refused(429, "Rate limit exceeded.", headers=headers)
        limit.tokens -= 1
        wait = limit.interval if limit.tokens == 0 else 0
        headers |= {"X-RateLimit-Remaining": str(limit.tokens), "Retry-After": str(wait)}
        return headers


async def answer_fault(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.hang:
        await asyncio.sleep(fault.hang)
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if fault.body is not None:
        return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
    raise Refused(fault.status, *fault.messages, errors=fault.errors, headers=fault.headers)
