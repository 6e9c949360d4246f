"""Frames of an attachment: section 12."""

import hashlib
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_CHUNK = 256 * 1024


def frames(head: bytes, content: bytes) -> Iterator[bytes]:
    """Of the whole content, from the offset in the head on."""
    key, offset = head[:32], int.from_bytes(head[32:], "big")
    chunks = [content[at : at + _CHUNK] for at in range(offset, len(content), _CHUNK)] or [b""]
    chunks[-1] += hashlib.sha256(content).digest()
    for number, chunk in enumerate(chunks):
        last = number == len(chunks) - 1
        sealed = AESGCM(key).encrypt(_nonce(number, last), chunk, None)
        yield (len(sealed) | last << 31).to_bytes(4, "big") + sealed


def opened(head: bytes, stream: bytes, known: bytes = b"") -> bytes:
    """The content with what was `known` of it. Raises `ValueError` or `InvalidTag`."""
    key, content = head[:32], known[: int.from_bytes(head[32:], "big")]
    number, last = 0, False
    while not last:
        length = int.from_bytes(stream[:4], "big")
        last, length = bool(length >> 31), length & 0x7FFFFFFF
        sealed, stream = stream[4 : 4 + length], stream[4 + length :]
        content += AESGCM(key).decrypt(_nonce(number, last), sealed, None)
        number += 1
    content, digest = content[:-32], content[-32:]
    if stream or digest != hashlib.sha256(content).digest():
        raise ValueError("This is not the whole content.")
    return content


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
