"""Bad weather on demand: refusals, lost answers, slow answers, rate limits; and who called what."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from aiohttp import web

from adapters.azure_devops.simulator.refusal import Refusal, refused

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Mode = Literal["answer", "answer_after", "pass", "drop", "drop_after", "stall_after"]
"""`answer` and `drop` never do what was asked; the `after` modes do it and keep the answer;
`pass` does it and only adds headers."""


class Fault(msgspec.Struct):
    status: int = 500
    times: int = 1
    method: str = ""
    path: str = ""
    """A part of the path."""
    headers: dict[str, str] = {}
    message: str = "TF400898: An internal error occurred."
    type_key: str = "VssServiceException"
    body: bytes | None = None
    """Instead of an error body."""
    mode: Mode = "answer"

    def meets(self, request: web.Request) -> bool:
        fits = not self.method or self.method == request.method
        return self.times > 0 and fits and self.path.lower() in request.path.lower()


class Exchange(msgspec.Struct, frozen=True):
    """One request with its answer, for whoever checks them against the specification."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    body: bytes
    status: int
    answer_type: str
    answer: bytes


class Weather:
    def __init__(self, now: Callable[[], int]) -> None:
        self.calls: Counter[str] = Counter()
        """`METHOD /path/template` without the collection -> how often."""
        self.latency = 0.0
        """Seconds added to each call."""
        self.report_lag = 0.0
        """Seconds by which the reporting feeds are behind."""
        self.calls_per_second = 0
        """0 for no limit."""
        self.exchanges: list[Exchange] | None = None
        """Set to a list to record."""
        self._faults: list[Fault] = []
        self._now = now
        self._second = 0
        self._in_second = 0
        self._over = asyncio.Event()

    def fail_next(self, fault: Fault) -> None:
        self._faults.append(fault)

    def stop(self) -> None:
        self._over.set()

    def limited(self) -> web.Response | None:
        second = self._now() // 1000
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        if not self.calls_per_second or self._in_second <= self.calls_per_second:
            return None
        refusal = Refusal(
            429,
            "RequestBlockedException",
            "TF400733: Request was blocked due to exceeding usage of resource 'Concurrency'.",
        )
        response = refused(refusal)
        response.headers["Retry-After"] = "1"
        response.headers["X-RateLimit-Remaining"] = "0"
        return response

    def fault_for(self, request: web.Request) -> Fault | None:
        for fault in self._faults:
            if fault.meets(request):
                fault.times -= 1
                return fault
        return None

    async def suffer(
        self, fault: Fault, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        if fault.mode == "answer_after":
            await handler(request)
        if fault.mode in ("answer", "answer_after"):
            response = refused(Refusal(fault.status, fault.type_key, fault.message))
            if fault.body is not None:
                response.body = fault.body
            response.headers.update(fault.headers)
            return response
        if fault.mode == "pass":
            passed = await handler(request)
            passed.headers.update(fault.headers)
            return passed
        if fault.mode != "drop":
            await handler(request)
        if fault.mode == "stall_after":
            await self._over.wait()
        if request.transport is not None:
            request.transport.close()
        raise web.HTTPInternalServerError


def count_name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    canonical = resource.canonical if resource else request.path
    return f"{request.method} {canonical.removeprefix('/{collection}')}"


def exchange(request: web.Request, body: bytes, response: web.StreamResponse) -> Exchange:
    answer = response.body if isinstance(response, web.Response) else b""
    return Exchange(
        request.method,
        request.path,
        dict(request.query),
        request.content_type,
        body,
        response.status,
        response.content_type,
        answer if isinstance(answer, bytes) else b"",
    )
