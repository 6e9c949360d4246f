"""A file inside JSON, encoded and decoded block by block, never whole in memory."""

import binascii
import re
from base64 import b64decode, b64encode

import aiohttp

from adapters.port import ByteStream
from adapters.rally import errors, wire
from schemas.errors import Fault, TrackerError

_BEFORE = b'{"AttachmentContent":{"Content":"'
_AFTER = b'"}}'
_STARTS = re.compile(rb'"Content"\s*:\s*"')
_LINE_END = re.compile(rb"\\[rnt]|\s")
_LONGEST_HEAD = 1 << 20
"""Bytes before the content itself."""


def length(size: int) -> int:
    """Bytes of the whole JSON for a file of `size`."""
    return len(_BEFORE) + (size + 2) // 3 * 4 + len(_AFTER)


def payload(content: ByteStream) -> aiohttp.Payload:
    return aiohttp.AsyncIterablePayload(_encoded(content), content_type="application/json")


async def decoded(blocks: ByteStream, what: str) -> ByteStream:
    """Raises what Rally tells in place of a content."""
    head = b""
    found: re.Match[bytes] | None = None
    async for block in blocks:
        head += block
        found = _STARTS.search(head)
        if found is not None or len(head) > _LONGEST_HEAD:
            break
    if found is None:
        raise _refusal(head, what)
    rest, over = _until_end(head[found.end() :])
    rest, ready = _split(rest, over)
    if ready:
        yield ready
    while not over:
        block = await anext(blocks, b"")
        if not block:
            raise errors.refused(Fault.UNAVAILABLE, "Rally's answer broke off within a file.")
        more, over = _until_end(block)
        rest, ready = _split(rest + more, over)
        if ready:
            yield ready


async def _encoded(content: ByteStream) -> ByteStream:
    yield _BEFORE
    held = b""
    async for block in content:
        held += block
        whole = len(held) - len(held) % 3
        if whole:
            yield b64encode(held[:whole])
            held = held[whole:]
    yield b64encode(held) + _AFTER


def _until_end(text: bytes) -> tuple[bytes, bool]:
    before, quote, _ = text.partition(b'"')
    return before, bool(quote)


def _split(text: bytes, over: bool) -> tuple[bytes, bytes]:
    """What is still to wait for, and the bytes that are decoded."""
    tail = b""
    if not over and text.endswith(b"\\"):
        text, tail = text[:-1], b"\\"
    clean = _LINE_END.sub(b"", text).replace(b"\\/", b"/")
    whole = len(clean) if over else len(clean) - len(clean) % 4
    try:
        return clean[whole:] + tail, b64decode(clean[:whole], validate=True)
    except binascii.Error as error:
        raise errors.refused(
            Fault.UNAVAILABLE, "Rally's answer holds no file in base64."
        ) from error


def _refusal(head: bytes, what: str) -> TrackerError:
    try:
        result = wire.envelope.decode(head).result
    except (ValueError, RecursionError):
        result = None
    if result is not None and result.errors:
        return errors.told(result.errors, what, write=False)
    return errors.refused(Fault.UNAVAILABLE, "Rally's answer holds no file.")
