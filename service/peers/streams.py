"""Attachment contents sealed in chunks, so that memory stays flat whatever their size.

The content key travels in a sealed header. Each frame is four bytes (length, highest bit: last) and
an AES-256-GCM chunk whose nonce is its number and the last flag, so frames cannot be dropped,
repeated, reordered or appended. The last one ends with the SHA-256 of the whole plaintext.
"""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import InputError, PeerError
from schemas.node import Peer
from service.peers.identity import NodeIdentity, RandomBytes
from service.peers.sealing import Context, open_sealed, seal

CHUNK = 256 * 1024
_TAG = 16
_DIGEST = 32
_LAST = 1 << 31
_LARGEST_FRAME = CHUNK + _DIGEST + _TAG


def stream_context(connection: str, twin: str, attachment: str) -> Context:
    return Context(connection, twin, "attachment", attachment)


class StreamSealer:
    """Feed it plaintext of any portions; it answers frames. `header` goes ahead of them."""

    def __init__(
        self,
        identity: NodeIdentity,
        recipient: Peer,
        context: Context,
        random_bytes: RandomBytes,
    ) -> None:
        key = random_bytes(32)
        self.header = base64.b64encode(seal(identity, recipient, context, key)).decode()
        self._cipher = AESGCM(key)
        self._count = 0
        self._pending = bytearray()
        self._hash = hashlib.sha256()

    def update(self, content: bytes) -> Iterator[bytes]:
        self._hash.update(content)
        self._pending += content
        # The newest full chunk is kept back: it may turn out to be the last one.
        while len(self._pending) > CHUNK:
            chunk = bytes(self._pending[:CHUNK])
            del self._pending[:CHUNK]
            yield self._frame(chunk, last=False)

    def finish(self) -> bytes:
        return self._frame(bytes(self._pending) + self._hash.digest(), last=True)

    def _frame(self, chunk: bytes, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._count, last=last), chunk, None)
        self._count += 1
        return (len(sealed) | (_LAST if last else 0)).to_bytes(4, "big") + sealed


class StreamOpener:
    """Feed it frames in any portions; it answers plaintext. `finish` tells whether all came."""

    def __init__(
        self,
        identity: NodeIdentity,
        sender: Peer,
        context: Context,
        header: str,
        *,
        limit: int,
    ) -> None:
        try:
            sealed = base64.b64decode(header, validate=True)
        except (binascii.Error, ValueError) as error:
            raise PeerError("The header of the attachment is malformed.") from error
        key = open_sealed(identity, sender, context, sealed)
        if len(key) != 32:
            raise PeerError("The header of the attachment is malformed.")
        self._cipher = AESGCM(key)
        self._limit = limit
        self._size = 0
        self._count = 0
        self._pending = bytearray()
        self._hash = hashlib.sha256()
        self._complete = False

    def update(self, sealed: bytes) -> Iterator[bytes]:
        self._pending += sealed
        while len(self._pending) >= 4:
            if self._complete:
                raise PeerError("The attachment goes on after its end.")
            head = int.from_bytes(self._pending[:4], "big")
            length, last = head & (_LAST - 1), bool(head & _LAST)
            if not _TAG <= length <= _LARGEST_FRAME:
                raise PeerError("The attachment has a frame of impossible size.")
            if len(self._pending) < 4 + length:
                return
            frame = bytes(self._pending[4 : 4 + length])
            del self._pending[: 4 + length]
            yield self._open(frame, last=last)

    def finish(self) -> None:
        if not self._complete or self._pending:
            raise PeerError("The attachment broke off before its end.")

    def _open(self, frame: bytes, *, last: bool) -> bytes:
        try:
            content = self._cipher.decrypt(_nonce(self._count, last=last), frame, None)
        except InvalidTag as error:
            raise PeerError("The attachment was altered on its way.") from error
        self._count += 1
        if not last:
            return self._counted(content)
        content, digest = self._counted(content[:-_DIGEST]), content[-_DIGEST:]
        if digest != self._hash.digest():
            raise PeerError("The attachment does not have the hash that its sender computed.")
        self._complete = True
        return content

    def _counted(self, content: bytes) -> bytes:
        self._size += len(content)
        if self._size > self._limit:
            raise InputError(
                f"The attachment is larger than the {self._limit} bytes that are allowed.",
                status=413,
                remedy="Raise the connection's attachment limit.",
            )
        self._hash.update(content)
        return content


async def sealed_frames(
    sealer: StreamSealer, content: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    async for portion in content:
        for frame in sealer.update(portion):
            yield frame
    yield sealer.finish()


async def opened_content(
    opener: StreamOpener, frames: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """Yields as it goes; raises at the end when something is missing: keep nothing before that."""
    async for portion in frames:
        for content in opener.update(portion):
            yield content
    opener.finish()


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
