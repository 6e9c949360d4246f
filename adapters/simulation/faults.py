"""Faults on demand, latency and the count of calls."""

import asyncio
from collections import Counter

import msgspec
from aiohttp import web

from adapters.simulation.refusal import Refused


class Fault(msgspec.Struct, kw_only=True):
    """What is to go wrong with the next calls that fit. A tracker may add what its refusals say."""

    status: int = 503
    method: str = ""
    path: str = ""
    """A part of the path template; '' fits all."""
    body: object = None
    """JSON, sent with `status`."""
    headers: dict[str, str] = {}
    times: int = 1
    after: bool = False
    """True: the call is carried out, only its answer is lost."""
    drop: bool = False
    """Closes the connection instead of answering."""
    hang: float = 0.0
    """Seconds to wait before that."""
    raw: bytes | None = None
    """Sent in place of `body`, as it is."""

    def refusal(self) -> Refused:
        return Refused(self.status, self.body, self.headers)


class Faults:
    def __init__(self, kind: type[Fault] = Fault) -> None:
        self.kind = kind
        """What is read from whoever asks for one over HTTP."""
        self.calls: Counter[str] = Counter()
        """`METHOD /path/{template}` -> how often it was asked."""
        self.latency = 0.0
        """Seconds that each call takes at least."""
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


async def answer_fault(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.hang:
        await asyncio.sleep(fault.hang)
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if fault.raw is not None:
        return web.Response(status=fault.status, body=fault.raw, headers=fault.headers)
    raise fault.refusal()
