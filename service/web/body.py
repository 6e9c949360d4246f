"""Reads a request's body under a size and a time limit, and never unpacks one."""

import asyncio

from aiohttp import web

from schemas.errors import InputError

BODY_SECONDS = 30.0


async def read_body(request: web.Request, seconds: float = BODY_SECONDS) -> bytes:
    """The raw bytes, at most the application's `client_max_size`, also when sent in chunks.

    Raises `InputError` 408, 413 or 415.
    """
    encoding = request.headers.get("Content-Encoding")
    if encoding is not None and encoding.lower() != "identity":
        raise InputError(
            "Compressed bodies are not taken.",
            status=415,
            remedy="Send the body without Content-Encoding.",
        )
    length = request.content_length
    if length is not None and length > request.client_max_size:
        raise _too_large(request.client_max_size)
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        raise InputError(
            f"The body did not arrive within {seconds:g} seconds.",
            status=408,
            remedy="Send the whole body without pauses.",
        ) from None
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(request.client_max_size) from None


def _too_large(limit: int) -> InputError:
    return InputError(
        f"The body is larger than {limit} bytes.",
        status=413,
        remedy="Send less at a time, or raise limits.body_bytes.",
    )
