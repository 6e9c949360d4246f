"""Every answer that is not a success is a `Problem` in JSON; the middleware makes it so."""

import math
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from schemas.api import FieldErrors, Problem
from schemas.errors import FieldsRefused, InputError, TidegateError
from schemas.redaction import without_user_info
from service.web.statuses import status_of

log = structlog.get_logger()

NewId = Callable[[], str]

RETRY_AFTER = 5
"""Seconds, where the cause does not tell."""

_encode = msgspec.json.Encoder().encode
_REMEDIES = {
    404: "Check the path.",
    405: "Use one of the methods that the Allow header names.",
    413: "Send less at a time.",
}


def answer_problem(
    status: int, body: Problem, headers: Mapping[str, str] | None = None
) -> web.Response:
    return answer_json(status, body, headers)


def answer_json(
    status: int, body: object, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=_encode(body), status=status, headers=headers, content_type="application/json"
    )


def nested(path: tuple[str, ...], reason: str) -> FieldErrors:
    """`path` leads to the field that is wrong."""
    first, *rest = path
    return {first: nested(tuple(rest), reason) if rest else [reason]}


def problems(*, new_id: NewId, open_details: bool) -> Middleware:
    """`open_details` is for admins: strangers learn nothing of what failed behind the door."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        with _Boundary(request, new_id, open_details) as boundary:
            return await handler(request)
        return boundary.answer

    return middleware


class _Boundary:
    """Turns whatever leaves a handler into an answer. Cancellation and exits pass."""

    answer: web.Response

    def __init__(self, request: web.Request, new_id: NewId, open_details: bool) -> None:
        self._request = request
        self._new_id = new_id
        self._open = open_details

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        answer = self._answer(error)
        if answer is not None:
            self.answer = answer
        return answer is not None

    def _answer(self, error: BaseException | None) -> web.Response | None:
        match error:
            case TidegateError():
                return self._ours(error)
            case web.HTTPException(status=status) if status < 400:
                return None
            case web.HTTPException():
                return _from_http(error)
            case web.RequestPayloadError():
                return answer_problem(400, Problem("The body is broken or incomplete."))
            case ConnectionError():
                # The caller has gone; nobody reads this answer.
                return answer_problem(400, Problem("The connection was closed."))
            case Exception():
                return self._unexpected(error)
        return None

    def _ours(self, error: TidegateError) -> web.Response:
        status = status_of(error)
        if status >= 500 and not self._open:
            return self._hidden(error, status)
        if isinstance(error, FieldsRefused) and self._open:
            return answer_json(status, error.fields)
        if isinstance(error, InputError) and error.field and self._open:
            said = without_user_info(f"{error.message} {error.remedy}".strip())
            return answer_json(status, nested(tuple(error.field.split(".")), said))
        body = Problem(
            without_user_info(error.message), remedy=error.remedy, fault=str(error.fault)
        )
        return answer_problem(status, body, self._headers(error, status))

    def _hidden(self, error: TidegateError, status: int) -> web.Response:
        log.warning("web.failed", path=self._request.path, status=status, error=error)
        text = "Not available right now." if status == 503 else "Something failed on this side."
        return answer_problem(status, Problem(text), self._headers(error, status))

    def _headers(self, error: TidegateError, status: int) -> dict[str, str] | None:
        if status == 401:
            return {"WWW-Authenticate": "Token" if self._open else 'Basic realm="tidegate"'}
        if status == 503:
            seconds: float | None = getattr(error, "retry_after", None)
            return {"Retry-After": str(math.ceil(seconds) if seconds else RETRY_AFTER)}
        return None

    def _unexpected(self, error: Exception) -> web.Response:
        incident = self._new_id()
        log.error("web.incident", path=self._request.path, incident=incident, error=error)
        body = Problem(
            "Something failed on this side.",
            remedy="Look for the incident in the log.",
            incident=incident,
        )
        return answer_problem(500, body)


def _from_http(error: web.HTTPException) -> web.Response:
    kept = {name: error.headers[name] for name in ("Allow", "WWW-Authenticate", "Retry-After")
            if name in error.headers}  # fmt: skip
    body = Problem(error.reason or "Refused.", remedy=_REMEDIES.get(error.status, ""))
    return answer_problem(error.status, body, kept)
