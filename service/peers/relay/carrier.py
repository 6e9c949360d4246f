"""Attachment contents through a relay: their owner puts them there, the other side takes them.

All follows from what is wanted and what lies there, so that either node may restart at any time:
what is wanted and does not lie there is put, what lies there and is wanted is taken.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import structlog

from schemas.errors import Fault, InputError, PeerError, TidegateError
from schemas.node import RelayedPeer
from schemas.peer import AttachmentWanted, Unavailable
from service.peers.backoff import Backoff
from service.peers.doorbell import Doorbell
from service.peers.identity import NodeIdentity, RandomBytes
from service.peers.port import AttachmentSink, AttachmentSource, ByteStream, Traffic
from service.peers.quiet import UNWATCHED
from service.peers.relay.client import RelayClient
from service.peers.streams import (
    ContentMismatch,
    OpenedContent,
    StreamOpener,
    StreamSealer,
    sealed_frames,
    stream_context,
)

log = structlog.get_logger()

_AT_ONCE = 2
_TRIES = 5
_LOST = frozenset({Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION, Fault.VALIDATION})

_Work = Callable[[], Awaitable[None]]


class RelayCarrier:
    """`fetch` and `upload` only note the work; `run` does it, a few at a time."""

    def __init__(
        self,
        client: RelayClient,
        identity: NodeIdentity,
        peer: RelayedPeer,
        bell: Doorbell,
        source: AttachmentSource,
        sink: AttachmentSink,
        *,
        random: Callable[[], float],
        random_bytes: RandomBytes,
        sleep: Callable[[float], Awaitable[None]],
        traffic: Traffic = UNWATCHED,
    ) -> None:
        self._traffic = traffic
        self._client = client
        self._identity = identity
        self._peer = peer
        self._bell = bell
        self._source = source
        self._sink = sink
        self._random = random
        self._random_bytes = random_bytes
        self._sleep = sleep
        self._busy: set[str] = set()
        self._refused: set[str] = set()
        self._broken: set[str] = set()
        self._taken: set[str] = set()
        self._unavailable: list[Unavailable] = []
        self._noted: asyncio.Queue[tuple[str, _Work]] = asyncio.Queue()
        self.known: tuple[str, ...] = ()
        """Blobs that lay there for us when we last asked."""
        self.placed: tuple[str, ...] = ()
        """Those of ours."""

    def upload(self, wanted: tuple[AttachmentWanted, ...], placed: tuple[str, ...]) -> None:
        self.placed = placed
        self._refused &= {each.request for each in wanted}
        for each in wanted:
            if each.request not in placed and each.request not in self._refused:
                self._note(f"put {each.request}", partial(self._upload, each))

    def fetch(self, blobs: tuple[str, ...]) -> None:
        self.known = blobs
        for blob in blobs:
            if blob not in self._taken:
                self._note(f"get {blob}", partial(self._fetch, blob))

    def take_unavailable(self) -> tuple[Unavailable, ...]:
        """Contents that will not come, to be told to the peer; each once."""
        taken, self._unavailable = tuple(self._unavailable), []
        return taken

    async def clear(self, wanted: tuple[AttachmentWanted, ...]) -> None:
        """Removes what was taken, once the peer can know that it is not wanted any more: else it
        would put it there again."""
        for blob in self._taken - {each.request for each in wanted}:
            await self._client.drop_blob(self._peer.relay, blob)
            self._taken.discard(blob)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._work())

    def _note(self, name: str, work: _Work) -> None:
        if name not in self._busy:
            self._busy.add(name)
            self._noted.put_nowait((name, work))

    async def _work(self) -> None:
        while True:
            name, work = await self._noted.get()
            try:
                await self._try(name, work)
            finally:
                self._busy.discard(name)
            self._bell.ring(self._peer.id)

    async def _try(self, name: str, work: _Work) -> None:
        """What fails for long is noted again by a later poll, as long as it is wanted."""
        backoff = Backoff(self._random)
        for _ in range(_TRIES):
            try:
                await work()
            except TidegateError as error:
                log.warning(
                    "relay.attachment_delayed", peer=self._peer.id, what=name, cause=error.message
                )
                await self._sleep(backoff.next())
            else:
                return

    async def _fetch(self, blob: str) -> None:
        wanted = await self._sink.expected(self._peer.id, blob)
        if wanted is None:
            await self._client.drop_blob(self._peer.relay, blob)
            return
        reason, mismatch = "", None
        async with self._client.get_blob(self._peer.relay, blob) as (head, frames):
            try:
                opener = self._opener(wanted, head)
                await self._sink.accept(blob, OpenedContent(opener, frames))
                self._traffic.carried(self._peer.id, "in", resumed=False)
            except ContentMismatch as error:
                # The sink asks once more, or has given up.
                mismatch = error
            except InputError as error:
                reason = error.message
                self._broken.add(blob)
            except PeerError as error:
                reason = error.message
        if mismatch is not None:
            await self._client.drop_blob(self._peer.relay, blob)
        elif reason:
            await self._give_back(blob, reason)
        else:
            self._broken.discard(blob)
            self._taken.add(blob)

    def _opener(self, wanted: AttachmentWanted, head: str) -> StreamOpener:
        context = stream_context(wanted.connection, wanted.twin, wanted.attachment)
        return StreamOpener(self._identity, self._peer, context, head, limit=wanted.limit)

    async def _give_back(self, blob: str, reason: str) -> None:
        """Once it gone, its owner puts it there again; broken a second time, a person must look."""
        log.warning("relay.attachment_broken", peer=self._peer.id, request=blob, cause=reason)
        if blob in self._broken:
            self._broken.discard(blob)
            await self._sink.fail(blob, reason)
            self._taken.add(blob)
            return
        self._broken.add(blob)
        await self._client.drop_blob(self._peer.relay, blob)

    async def _upload(self, wanted: AttachmentWanted) -> None:
        failed = _Failure()
        context = stream_context(wanted.connection, wanted.twin, wanted.attachment)
        try:
            async with self._source.open(
                self._peer.id, wanted.connection, wanted.twin, wanted.attachment
            ) as content:
                if content.size is not None and content.size > wanted.limit:
                    self._refuse(wanted, f"It has {content.size} of {wanted.limit} allowed bytes.")
                    return
                sealer = StreamSealer(self._identity, self._peer, context, self._random_bytes)
                frames = sealed_frames(sealer, failed.watch(content.stream))
                await self._client.put_blob(self._peer.relay, wanted.request, sealer.header, frames)
                self._traffic.carried(self._peer.id, "out", resumed=False)
        except TidegateError as error:
            cause = failed.error or error
            if cause.fault not in _LOST:
                raise cause from error
            self._refuse(wanted, cause.message)

    def _refuse(self, wanted: AttachmentWanted, reason: str) -> None:
        self._refused.add(wanted.request)
        self._unavailable.append(Unavailable(wanted.request, reason[:500]))


class _Failure:
    """Keeps what the source raised while it was read: the HTTP client only says that it broke."""

    def __init__(self) -> None:
        self.error: TidegateError | None = None

    async def watch(self, stream: ByteStream) -> AsyncIterator[bytes]:
        try:
            async for portion in stream:
                yield portion
        except TidegateError as error:
            self.error = error
            raise
