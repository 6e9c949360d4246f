"""Carries attachment contents between this node and one public peer, by our requests only."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import structlog

from schemas.errors import Fault, InputError, PeerError, TidegateError
from schemas.node import PublicPeer
from schemas.peer import AttachmentWanted, Unavailable
from service.peers.backoff import Backoff
from service.peers.courier import Courier, NotThere
from service.peers.doorbell import Doorbell
from service.peers.port import (
    AttachmentSink,
    AttachmentSource,
    ByteStream,
    OutgoingContent,
    Traffic,
)
from service.peers.quiet import UNWATCHED
from service.peers.streams import ContentMismatch

log = structlog.get_logger()

_AT_ONCE = 2
_TRIES = 5
_LOST = frozenset({Fault.NOT_FOUND, Fault.GONE, Fault.PERMISSION, Fault.VALIDATION})


class Carrier:
    """`fetch` and `upload` only note the work; `run` does it, a few at a time."""

    def __init__(
        self,
        courier: Courier,
        peer: PublicPeer,
        bell: Doorbell,
        source: AttachmentSource,
        sink: AttachmentSink,
        *,
        random: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        traffic: Traffic = UNWATCHED,
    ) -> None:
        self._traffic = traffic
        self._courier = courier
        self._peer = peer
        self._bell = bell
        self._source = source
        self._sink = sink
        self._random = random
        self._sleep = sleep
        self._fetching: set[str] = set()
        self._uploading: set[str] = set()
        self._unavailable: list[Unavailable] = []
        self._noted: asyncio.Queue[tuple[AttachmentWanted, bool]] = asyncio.Queue()

    @property
    def serving(self) -> tuple[str, ...]:
        """Requests of the peer that are being uploaded."""
        return tuple(self._uploading)

    def fetch(self, wanted: tuple[AttachmentWanted, ...]) -> None:
        self._note(wanted, self._fetching, upload=False)

    def upload(self, wanted: tuple[AttachmentWanted, ...]) -> None:
        self._note(wanted, self._uploading, upload=True)

    def take_unavailable(self) -> tuple[Unavailable, ...]:
        """Contents that will not come, to be told to the peer; each once."""
        taken, self._unavailable = tuple(self._unavailable), []
        return taken

    def put_back(self, unavailable: tuple[Unavailable, ...]) -> None:
        self._unavailable.extend(unavailable)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._work())

    def _note(self, wanted: tuple[AttachmentWanted, ...], busy: set[str], *, upload: bool) -> None:
        for each in wanted:
            if each.request not in busy:
                busy.add(each.request)
                self._noted.put_nowait((each, upload))

    async def _work(self) -> None:
        while True:
            wanted, upload = await self._noted.get()
            busy = self._uploading if upload else self._fetching
            try:
                await self._try_until_done(wanted, self._upload if upload else self._fetch)
            finally:
                busy.discard(wanted.request)
            # There may be more requests than were shown at a time, or something to tell.
            self._bell.ring(self._peer.id)

    async def _try_until_done(
        self,
        wanted: AttachmentWanted,
        carry: Callable[[AttachmentWanted, int, bool], Awaitable[None]],
    ) -> None:
        backoff = Backoff(self._random)
        broken = 0
        for attempt in range(_TRIES):
            try:
                await carry(wanted, attempt, broken > 0)
            except TidegateError as error:
                broken += isinstance(error, PeerError) and not isinstance(error, ContentMismatch)
                log.warning(
                    "peer.attachment_delayed",
                    peer=self._peer.id,
                    request=wanted.request,
                    cause=error.message,
                )
                await self._sleep(backoff.next())
            else:
                return

    async def _fetch(self, noted: AttachmentWanted, attempt: int, again: bool) -> None:
        wanted = await self._sink.expected(self._peer.id, noted.request)
        if wanted is None:
            return
        try:
            async with self._courier.fetch_attachment(self._peer, wanted) as content:
                await self._sink.accept(wanted.request, content)
                self._traffic.carried(self._peer.id, "in", resumed=content.start > 0)
        except ContentMismatch:
            # The sink asks once more, or has given up: the next look tells.
            raise
        except InputError as error:
            await self._sink.fail(wanted.request, error.message)
        except PeerError as error:
            if not again:
                raise
            await self._sink.fail(wanted.request, error.message)

    async def _upload(self, noted: AttachmentWanted, attempt: int, again: bool) -> None:
        failed = _Failure()
        try:
            wanted = await self._as_it_is(noted) if attempt else noted
            async with self._source.open(
                self._peer.id, wanted.connection, wanted.twin, wanted.attachment
            ) as content:
                if content.size is not None and content.size > wanted.limit:
                    reason = f"It has {content.size} bytes; {wanted.limit} are allowed."
                    self._unavailable.append(Unavailable(wanted.request, reason))
                    return
                watched = OutgoingContent(failed.watch(content.stream), content.size)
                await self._courier.push_attachment(self._peer, wanted, watched)
                self._traffic.carried(self._peer.id, "out", resumed=wanted.skip > 0)
        except NotThere:
            log.info("peer.attachment_not_wanted", peer=self._peer.id, request=noted.request)
        except TidegateError as error:
            cause = failed.error or error
            if cause.fault in _LOST or (again and isinstance(cause, PeerError)):
                self._unavailable.append(Unavailable(noted.request, cause.message[:500]))
                return
            raise cause from error

    async def _as_it_is(self, noted: AttachmentWanted) -> AttachmentWanted:
        """What of it the peer has by now. Older nodes cannot tell."""
        try:
            return await self._courier.wanted_attachment(self._peer, noted.request)
        except NotThere:
            raise
        except PeerError:
            return msgspec.structs.replace(noted, skip=0)


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
