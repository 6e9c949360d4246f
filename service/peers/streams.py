"""Attachment contents sealed in chunks, so that memory stays flat whatever their size.

The content key travels in a sealed header. Each frame is four bytes (length, highest bit: last) and
an AES-256-GCM chunk whose nonce is its number and the last flag, so frames cannot be dropped,
repeated, reordered or appended. The last one ends with the SHA-256 of the whole plaintext.

A stream may begin inside the content, where an earlier one broke off: then the offset stands in the
sealed header behind the key, and the hash covers what came before as well.
"""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator

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
_KEY = 32
_OFFSET = 8
_ALIVE = 4 << 20
"""For so many bytes that are read and not sent goes one empty frame, so that the line lives."""


class ContentMismatch(PeerError):
    """All arrived, but it is not what the sender read: kept and new parts do not fit together."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            f"The content does not have the hash that its sender computed: {expected[:12]}… was"
            f" expected, {found[:12]}… arrived.",
            remedy="Look whether the file opens at its source, attach it there anew, then retry.",
        )
        self.expected = expected
        self.found = found


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
        *,
        skip: int = 0,
    ) -> None:
        key = random_bytes(_KEY)
        # Only who asked to skip knows of offsets.
        head = key + skip.to_bytes(_OFFSET, "big") if skip else key
        self.header = base64.b64encode(seal(identity, recipient, context, head)).decode()
        self._skip = skip
        self._skipped = 0
        self._cipher = AESGCM(key)
        self._count = 0
        self._pending = bytearray()
        self._hash = hashlib.sha256()

    def update(self, content: bytes) -> Iterator[bytes]:
        self._hash.update(content)
        if self._skipped < self._skip:
            before = self._skipped
            self._skipped = min(self._skip, before + len(content))
            content = content[self._skipped - before :]
            if before // _ALIVE != self._skipped // _ALIVE:
                yield self._frame(b"", last=False)
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
    """Feed it frames in any portions; it answers plaintext. `finish` tells whether all came.

    Content that begins at `start` is preceded by so many bytes of an earlier stream: `known` takes
    them before the first frame.
    """

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
        head = open_sealed(identity, sender, context, sealed)
        if len(head) not in (_KEY, _KEY + _OFFSET):
            raise PeerError("The header of the attachment is malformed.")
        self.start = int.from_bytes(head[_KEY:], "big")
        self._cipher = AESGCM(head[:_KEY])
        self._limit = limit
        self._size = 0
        self._count = 0
        self._pending = bytearray()
        self._hash = hashlib.sha256()
        self._complete = False
        self._empty = 0

    @property
    def sha256(self) -> str:
        """Of all that has come so far."""
        return self._hash.hexdigest()

    def known(self, content: bytes) -> None:
        self._counted(content)

    def update(self, sealed: bytes) -> Iterator[bytes]:
        if self._size < self.start:
            raise PeerError("The attachment goes on from where nothing was kept.")
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
            self._check_progress(content)
            return self._counted(content)
        content, digest = self._counted(content[:-_DIGEST]), content[-_DIGEST:]
        if digest != self._hash.digest():
            raise ContentMismatch(digest.hex(), self._hash.hexdigest())
        self._complete = True
        return content

    def _check_progress(self, content: bytes) -> None:
        """Empty frames keep the line alive while a sender skips, and must not hold it for ever."""
        self._empty += not content
        if self._empty > self.start // _ALIVE + 1:
            raise PeerError("The attachment does not go on: its frames are empty.")

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


class OpenedContent:
    """What arrives of an attachment, from `start` on. `stream` yields as it goes and raises at the
    end when something is missing: only its end makes the whole genuine."""

    def __init__(self, opener: StreamOpener, frames: AsyncIterator[bytes]) -> None:
        self._opener = opener
        self._frames = frames

    @property
    def start(self) -> int:
        return self._opener.start

    @property
    def known(self) -> Callable[[bytes], None]:
        """Takes what was kept of an earlier attempt, up to `start`."""
        return self._opener.known

    @property
    def sha256(self) -> str:
        return self._opener.sha256

    async def stream(self) -> AsyncIterator[bytes]:
        async for portion in self._frames:
            for content in self._opener.update(portion):
                yield content
        self._opener.finish()


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
