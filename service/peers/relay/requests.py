"""Bodies of requests to the relay, and answers to what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog
from aiohttp import web

from schemas.errors import InputError, StoreUnavailable
from schemas.peer import Refused
from service.peers import signing
from service.peers.decoding import MALFORMED

log = structlog.get_logger()

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY_SECONDS = 30.0

_encode_json = msgspec.json.Encoder().encode


def quota_full() -> InputError:
    return InputError(
        "The relay holds as much for this pass as it may.",
        status=507,
        remedy="Let the other side come and fetch, or ask the relay's administrator for more.",
    )


def answering(handler: Handler) -> Handler:
    """What the caller did wrong is told to it; what went wrong in here is not its business."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except InputError as error:
            log.warning("relay.request_refused", path=request.path, cause=error.message)
            server_time = error.server_time if isinstance(error, signing.ClockSkew) else 0
            refused = Refused(error.message, error.remedy, server_time)
            return _told(refused, error.status)
        except StoreUnavailable as error:
            log.warning("relay.request_failed", path=request.path, cause=error.message)
            return _told(Refused("Try later."), 503, {"Retry-After": "5"})

    return answer


def _told(refused: Refused, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=_encode_json(refused), status=status, headers=headers, content_type="application/json"
    )


def decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except MALFORMED as error:
        raise InputError(f"The body is malformed: {error}") from error


def refuse_encoding(request: web.Request) -> None:
    if "Content-Encoding" in request.headers:
        raise InputError("The body must not be compressed.", status=415)


async def read_body(request: web.Request, limit: int) -> bytes:
    """Raises `InputError` 408, 413 or 415."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    whole = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for portion in request.content.iter_any():
                if len(whole) + len(portion) > limit:
                    raise _too_large(limit)
                whole += portion
    except TimeoutError as error:
        raise _too_slow() from error
    return bytes(whole)


async def chunks_of(request: web.Request, size: int) -> AsyncIterator[bytes]:
    """A body of any length in pieces of `size` bytes, as long as it does not stand still."""
    pending = bytearray()
    while True:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                portion = await request.content.readany()
        except TimeoutError as error:
            raise _too_slow() from error
        pending += portion
        while len(pending) >= size:
            yield bytes(pending[:size])
            del pending[:size]
        if not portion:
            break
    if pending:
        yield bytes(pending)


def _too_large(limit: int) -> InputError:
    return InputError(f"The body is larger than {limit} bytes.", status=413)


def _too_slow() -> InputError:
    return InputError("The body did not come in time.", status=408)
