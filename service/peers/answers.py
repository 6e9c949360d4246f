"""What callers are told when a request of theirs is refused or fails in here."""

import math
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from aiohttp import web

from schemas.errors import Fault, InputError, TidegateError
from schemas.peer import Refused, VersionsDiffer
from schemas.values import Millis
from service.peers import signing

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS = {
    Fault.PEER: 400,
    Fault.NOT_FOUND: 404,
    Fault.GONE: 404,
    Fault.PERMISSION: 404,
    Fault.UNAVAILABLE: 503,
    Fault.THROTTLED: 503,
    Fault.CREDENTIALS: 503,
}

_encode = msgspec.json.Encoder().encode


class ComeLater(InputError):
    """Nothing is wrong with the request but its time."""

    def __init__(self, cause: str, seconds: float) -> None:
        super().__init__(cause, status=429, remedy="Ask again after Retry-After.")
        self.seconds = seconds


def asked_too_often(seconds: float) -> ComeLater:
    return ComeLater("This node is asked too often.", seconds)


def answering(handler: Handler) -> Handler:
    """Errors of ours as JSON with the status that fits; others are the server's to report."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except VersionsDiffer as error:
            return _refusal(error.seen_there(), error.status)
        except InputError as error:
            # The door counts and logs it: anybody may cause as many as he likes.
            log.debug("peer.request_refused", path=request.path, cause=error.message)
            server_time = error.server_time if isinstance(error, signing.ClockSkew) else 0
            return _refusal(error, error.status, server_time)
        except TidegateError as error:
            status = _STATUS.get(error.fault)
            if status is None:
                raise
            log.warning("peer.request_failed", path=request.path, cause=error.message)
            return _refusal(error, status)

    return answer


def _refusal(error: TidegateError, status: int, server_time: Millis = 0) -> web.Response:
    # What went wrong inside is not the caller's business; what it did wrong is.
    told = status < 500 or isinstance(error, InputError)
    refused = Refused(error.message, error.remedy, server_time) if told else Refused("Try later.")
    headers = {} if told else {"Retry-After": "5"}
    if isinstance(error, ComeLater):
        headers["Retry-After"] = str(max(1, math.ceil(error.seconds)))
    return web.Response(
        body=_encode(refused), status=status, headers=headers, content_type="application/json"
    )
