"""Faults on demand, latency, the rate limits and the count of calls."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
from aiohttp import web

from adapters.github.simulator.model import Refused


class Fault(msgspec.Struct):
    """What is to go wrong with the next calls that fit."""

    status: int = 503
    method: str = ""
    path: str = ""
    """A part of the path template; '' fits all."""
    message: str = "The simulated fault"
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
    """GitHub's primary limit: so many calls until the hour is over."""

    limit: int = 5000
    used: int = 0
    reset: int = 0
    """Seconds since 1970."""


class Faults:
    def __init__(self, now: Callable[[], int]) -> None:
        self.calls: Counter[str] = Counter()
        """`METHOD /path/{template}` -> how often it was asked."""
        self.latency = 0.0
        """Seconds that each call takes at least."""
        self.limit = RateLimit()
        self.writes_a_minute: int | None = None
        """GitHub's secondary limit; None switches it off."""
        self._now = now
        self._queued: list[Fault] = []
        self._writes: list[int] = []

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

    def spend(self, method: str) -> dict[str, str]:
        """The headers of the limit. Raises Refused when one is met."""
        limit, now = self.limit, self._now()
        if now >= limit.reset * 1000:
            limit.used, limit.reset = 0, now // 1000 + 3600
        if limit.used >= limit.limit:
            raise Refused(403, "API rate limit exceeded for user ID 1.", headers=self._told(0))
        limit.used += 1
        if method != "GET":
            self._spend_write(now)
        return self._told(limit.limit - limit.used)

    def _spend_write(self, now: int) -> None:
        if self.writes_a_minute is None:
            return
        self._writes = [at for at in self._writes if at > now - 60_000]
        if len(self._writes) >= self.writes_a_minute:
            wait = -(-(self._writes[0] + 60_000 - now) // 1000)
            raise Refused(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes.",
                headers={"Retry-After": str(wait)},
            )
        self._writes.append(now)

    def _told(self, remaining: int) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit.limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(self.limit.reset),
            "X-RateLimit-Resource": "core",
        }


async def answer_fault(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.hang:
        await asyncio.sleep(fault.hang)
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if fault.body is not None:
        return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
    raise Refused(fault.status, fault.message, headers=fault.headers)
