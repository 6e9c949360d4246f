"""Bodies that come and go in parts."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp

from schemas.errors import Fault, TrackerError

BLOCK = 1 << 16

ByteStream = AsyncIterator[bytes]
OpenContent = Callable[[], Awaitable[ByteStream]]


class TooLarge(Exception):
    """More bytes came than are taken."""


async def read_capped(response: aiohttp.ClientResponse, largest: int) -> bytes:
    """The whole body, which is given up as soon as it is too large. Raises TooLarge."""
    announced = response.content_length
    if announced is not None and "Content-Encoding" not in response.headers:
        if announced > largest:
            raise TooLarge
        return await response.read()
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > largest:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


class Source:
    """What is uploaded: held to its announced size; remembers when it failed by itself, for the
    HTTP client hides that behind an error of its own."""

    def __init__(self, size: int, open_content: OpenContent) -> None:
        self._size = size
        self._open_content = open_content
        self.failure: Exception | None = None

    async def open(self) -> ByteStream:
        self.failure = None
        return self._held(await self._open_content())

    async def _held(self, content: ByteStream) -> ByteStream:
        seen = 0
        try:
            async for block in content:
                seen += len(block)
                if seen > self._size:
                    break
                yield block
            if seen != self._size:
                raise TrackerError(
                    Fault.UNAVAILABLE,
                    f"An attachment of {self._size} bytes came with another length.",
                    remedy="Nothing to do: it is asked for again.",
                )
        finally:
            error = sys.exception()
            self.failure = error if isinstance(error, Exception) else None
