"""Before every request of strangers: who was refused too often waits; after it: who was refused."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from schemas.api import Problem
from service.web.callers import Callers
from service.web.problems import answer_problem
from service.web.rates import Rates, retry_after
from service.web.refusals import Refusals, door_of, reason_of

_OPEN = ("/peer/v1/node", "/peer/v1/pair")
"""Anybody may ask these, so asking alone counts."""


def gate(callers: Callers, rates: Rates, refusals: Refusals) -> Middleware:
    """Counts by address what needs no authentication or fails it. What is let in counts nothing
    here, so that all peers behind one address do not share one allowance."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        caller, door = callers.of(request), door_of(request.path)
        if caller and (seconds := rates.wait(caller)):
            refusals.note(door, "rate", caller=caller)
            return _too_often(seconds)
        if caller and request.path in _OPEN:
            rates.take(caller)
        answer = await handler(request)
        if 400 <= answer.status < 500:
            if caller and request.path not in _OPEN:
                rates.take(caller)
            refusals.note(
                door, reason_of(answer.status), cause=_cause(request, answer), caller=caller
            )
        return answer

    return middleware


def _cause(request: web.Request, answer: web.StreamResponse) -> str:
    body = answer.body if isinstance(answer, web.Response) else b""
    said = body[:300].decode(errors="replace") if isinstance(body, bytes) else ""
    return f"{request.match_info.get('connector', '')} {said}".strip()


def _too_often(seconds: float) -> web.Response:
    body = Problem(
        "Too many requests of this address were refused.", remedy="Wait, then try again."
    )
    return answer_problem(429, body, retry_after(seconds))
