"""Bodies of requests and answers: read up to a limit, and only from those who keep sending."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import aiohttp
import msgspec
from aiohttp import web

from schemas.errors import InputError
from service.peers.decoding import MALFORMED
from service.peers.port import ByteStream

T = TypeVar("T")

BODY_SECONDS = 30.0
"""For a whole body. Who sends one gives up earlier."""


class Pace(msgspec.Struct, frozen=True):
    """The least that a stream must bring: `portion` bytes in each `seconds` that we wait for it.
    The first time `grace` seconds more."""

    grace: float = 10.0
    seconds: float = 30.0
    portion: int = 30 * 1024


PACE = Pace()


def decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except MALFORMED as error:
        raise InputError(f"The body is malformed: {error}") from error


def refuse_encoding(request: web.Request) -> None:
    if "Content-Encoding" in request.headers:
        raise InputError("The body must not be compressed.", status=415)


async def read_body(request: web.Request, limit: int, *, seconds: float = BODY_SECONDS) -> bytes:
    """Raises `InputError` 408, 413 or 415."""
    refuse_encoding(request)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    portions: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for portion in request.content.iter_any():
                size += len(portion)
                if size > limit:
                    raise _too_large(limit)
                portions.append(portion)
    except TimeoutError as error:
        raise _too_slow() from error
    return b"".join(portions)


async def paced(content: aiohttp.StreamReader, pace: Pace = PACE) -> ByteStream:
    """Of any length. Raises `TimeoutError` when it comes slower than `pace`. What we take to work
    on it does not count against the other side."""
    clock = asyncio.get_running_loop().time
    left, came = pace.grace + pace.seconds, 0
    while True:
        began = clock()
        async with asyncio.timeout(left):
            portion = await content.readany()
        if not portion:
            return
        left -= clock() - began
        came += len(portion)
        if came >= pace.portion:
            left, came = pace.seconds, 0
        yield portion


async def portions_of(request: web.Request, pace: Pace = PACE) -> ByteStream:
    """A body of any length; raises `InputError` 408 for one that drips."""
    try:
        async for portion in paced(request.content, pace):
            yield portion
    except TimeoutError as error:
        raise _too_slow() from error


async def pieces(stream: ByteStream, size: int) -> AsyncIterator[bytes]:
    """The same bytes in pieces of `size`; the last one may be shorter."""
    pending = bytearray()
    async for portion in stream:
        pending += portion
        while len(pending) >= size:
            yield bytes(pending[:size])
            del pending[:size]
    if pending:
        yield bytes(pending)


def _too_large(limit: int) -> InputError:
    return InputError(f"The body is larger than {limit} bytes.", status=413)


def _too_slow() -> InputError:
    return InputError("The body did not come in time.", status=408)
