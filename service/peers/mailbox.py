"""The peer endpoints of a public node. A private node does not mount them."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog
from aiohttp import web

from schemas.errors import Fault, InputError, PeerError, PeerUnavailable, TidegateError
from schemas.node import Peer, PublicPeer
from schemas.peer import (
    EXCHANGE_PATH,
    FETCH_PATH,
    MAX_BODY,
    MAX_ITEMS,
    MAX_WAIT,
    NODE_PATH,
    PAIR_PATH,
    UPLOAD_PATH,
    AttachmentFetch,
    AttachmentWanted,
    Exchange,
    PairRequest,
    Refused,
)
from schemas.values import Millis
from service.peers import signing
from service.peers.contact import Contacts
from service.peers.decoding import MALFORMED
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed, NotTaken
from service.peers.identity import NodeIdentity, RandomBytes, pinned_keys
from service.peers.pairing import PairingDesk
from service.peers.port import (
    Allowance,
    AttachmentSink,
    AttachmentSource,
    ByteStream,
    NonceStore,
    Outgoing,
    PeerDirectory,
    Traffic,
)
from service.peers.quiet import UNLIMITED, UNWATCHED
from service.peers.signing import Bound, Signed
from service.peers.streams import (
    OpenedContent,
    StreamOpener,
    StreamSealer,
    sealed_frames,
    stream_context,
)

log = structlog.get_logger()
T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BODY_SECONDS = 30.0
_OVERTAKEN = 5.0
_HELD = 1.0
"""Seconds from which on a held request does not count as one too often."""
_SMALL = 1 << 17
_MEDIA = "application/msgpack"

_encode = msgspec.msgpack.Encoder().encode
_encode_json = msgspec.json.Encoder().encode
_decode_exchange = msgspec.msgpack.Decoder(Exchange).decode
_decode_fetch = msgspec.msgpack.Decoder(AttachmentFetch).decode
_decode_pair = msgspec.msgpack.Decoder(PairRequest).decode


class ComeLater(InputError):
    """Nothing is wrong with the request but its time."""

    def __init__(self, cause: str, seconds: float) -> None:
        super().__init__(cause, status=429, remedy="Ask again after Retry-After.")
        self.seconds = seconds


class PeerEndpoints:
    """`public_url` is what callers sign; the Host header, which a proxy may change, is not used.

    `look_seconds` is how often a held request looks for news without a ring: rings reach only the
    process in which they were rung.
    """

    def __init__(
        self,
        identity: NodeIdentity,
        public_url: str,
        *,
        directory: PeerDirectory,
        nonces: NonceStore,
        feed: Feed,
        bell: Doorbell,
        contacts: Contacts,
        pairing: PairingDesk,
        source: AttachmentSource,
        sink: AttachmentSink,
        now: Callable[[], Millis],
        random_bytes: RandomBytes,
        look_seconds: float = MAX_WAIT,
        traffic: Traffic = UNWATCHED,
        allowance: Allowance = UNLIMITED,
    ) -> None:
        self._allowance = allowance
        self._traffic = traffic
        self._identity = identity
        self._place = signing.place(public_url)
        self._directory = directory
        self._nonces = nonces
        self._feed = feed
        self._bell = bell
        self._contacts = contacts
        self._pairing = pairing
        self._source = source
        self._sink = sink
        self._now = now
        self._random_bytes = random_bytes
        self._look_seconds = look_seconds
        self._held: dict[str, object] = {}
        self._closing = False

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(NODE_PATH, _answering(self._node)),
            web.post(PAIR_PATH, _answering(self._pair)),
            web.post(EXCHANGE_PATH, _answering(self._exchange)),
            web.post(FETCH_PATH, _answering(self._fetch)),
            web.put(UPLOAD_PATH + "{request}", _answering(self._upload)),
            web.get(UPLOAD_PATH + "{request}", _answering(self._wanted), allow_head=False),
        ]

    def release(self) -> None:
        """Answers all held requests now and holds none any more: before the server stops."""
        self._closing = True
        self._bell.ring_all()

    async def _node(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=_encode(self._pairing.card()), content_type=_MEDIA)

    async def _pair(self, request: web.Request) -> web.StreamResponse:
        asked = _decoded(_decode_pair, await _read(request, _SMALL))
        return web.Response(body=_encode(await self._pairing.answer(asked)), content_type=_MEDIA)

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        peer, signed, body = await self._signed_body(request, MAX_BODY)
        heard = _decoded(_decode_exchange, body)
        try:
            position = await self._feed.admit(peer, heard)
        except NotTaken as judged:
            log.warning("peer.not_taken", peer=peer.id, verdict=judged.verdict)
            here = (await self._feed.pending(peer, max_items=0)).position
            verdict = self._feed.verdict(peer, here, judged.verdict)
            return self._signed_answer(_encode(verdict), signed, peer)
        self._contacts.reached(peer.id, "push" if isinstance(peer, PublicPeer) else "mailbox")
        if position is not None and not heard.limit:
            answer = self._feed.compose(peer, position)
        else:
            outgoing = await self._held_news(peer, heard)
            answer = msgspec.structs.replace(
                self._feed.compose(peer, outgoing.position, outgoing),
                wanted=await self._as_it_is(peer, heard, outgoing),
            )
        said = _encode(answer)
        self._traffic.exchanged(peer.id, len(said), len(body))
        return self._signed_answer(said, signed, peer)

    async def _held_news(self, peer: Peer, heard: Exchange) -> Outgoing:
        clock = asyncio.get_running_loop().time
        began = clock()
        outgoing = await self._news(peer, heard)
        if clock() - began >= _HELD:
            self._allowance.give_back(peer.id)
        return outgoing

    async def _news(self, peer: Peer, heard: Exchange) -> Outgoing:
        """What waits for the peer; held back while that is nothing and the caller lets us."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + min(heard.wait, MAX_WAIT)
        token = object()
        if heard.wait:
            # One held request per peer: a newer one releases the older.
            self._held[peer.id] = token
            self._bell.ring(peer.id)
        try:
            while True:
                seen = self._bell.count(peer.id)
                outgoing = await self._feed.pending(peer, max_items=min(heard.limit, MAX_ITEMS))
                fresh = any(w.request not in heard.serving for w in _uploadable(peer, outgoing))
                remaining = deadline - clock()
                superseded = bool(heard.wait) and self._held.get(peer.id) is not token
                if outgoing.items or fresh or remaining <= 0 or superseded or self._closing:
                    return outgoing
                await self._bell.wait(peer.id, seen, min(remaining, self._look_seconds))
        finally:
            if self._held.get(peer.id) is token:
                del self._held[peer.id]

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        peer, signed, body = await self._signed_body(request, _SMALL)
        wanted = _decoded(_decode_fetch, body).wanted
        context = stream_context(wanted.connection, wanted.twin, wanted.attachment)
        sealer = StreamSealer(self._identity, peer, context, self._random_bytes, skip=wanted.skip)
        answer = web.StreamResponse(
            headers=self._answer_headers(Bound(signing.STREAM, sealer.header), signed, peer)
        )
        answer.content_type = "application/octet-stream"
        try:
            async with self._source.open(
                peer.id, wanted.connection, wanted.twin, wanted.attachment
            ) as content:
                if content.size is not None and content.size > wanted.limit:
                    raise InputError("The attachment is larger than the caller takes.", status=413)
                await answer.prepare(request)
                async for frame in sealed_frames(sealer, content.stream):
                    async with asyncio.timeout(_BODY_SECONDS):
                        await answer.write(frame)
        except (TidegateError, TimeoutError) as error:
            if not answer.prepared:
                raise
            cause = error.message if isinstance(error, TidegateError) else "The reader is stuck."
            log.warning("peer.attachment_broke_off", peer=peer.id, cause=cause)
            # The frames so far cannot pass for a whole: their last one is missing.
            if request.transport is not None:
                request.transport.abort()
            return answer
        await answer.write_eof()
        self._traffic.carried(peer.id, "out", resumed=wanted.skip > 0)
        return answer

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        peer, signed = await self._authenticate(request, signing.STREAM)
        request_id = request.match_info["request"]
        wanted = await self._sink.expected(peer.id, request_id)
        if wanted is None:
            raise InputError("This attachment is not wanted, or not any more.", status=404)
        context = stream_context(wanted.connection, wanted.twin, wanted.attachment)
        head = request.headers.get(signing.STREAM, "")
        try:
            opener = StreamOpener(self._identity, peer, context, head, limit=wanted.limit)
            await self._sink.accept(request_id, OpenedContent(opener, _portions(request)))
            self._traffic.carried(peer.id, "in", resumed=opener.start > 0)
        except PeerError as error:
            raise InputError(error.message, remedy=error.remedy) from error
        except PeerUnavailable as error:
            raise ComeLater(error.message, _OVERTAKEN) from error
        except InputError as error:
            if error.status == 413:
                await self._sink.fail(request_id, error.message)
            raise
        return self._signed_answer(b"", signed, peer)

    async def _wanted(self, request: web.Request) -> web.StreamResponse:
        peer, signed, _ = await self._signed_body(request, 0)
        wanted = await self._sink.expected(peer.id, request.match_info["request"])
        if wanted is None:
            raise InputError("This attachment is not wanted, or not any more.", status=404)
        return self._signed_answer(_encode(wanted), signed, peer)

    async def _as_it_is(
        self, peer: Peer, heard: Exchange, outgoing: Outgoing
    ) -> tuple[AttachmentWanted, ...]:
        """What the peer does not work on yet, with what is here of each by now."""
        fresh = [w.request for w in _uploadable(peer, outgoing) if w.request not in heard.serving]
        found = [await self._sink.expected(peer.id, request) for request in fresh]
        return tuple(each for each in found if each is not None)

    async def _signed_body(self, request: web.Request, limit: int) -> tuple[Peer, Signed, bytes]:
        """The signature is checked first: nobody unknown makes us read a body."""
        peer, signed = await self._authenticate(request, signing.DIGEST)
        body = await _read(request, limit)
        if signing.content_digest(body).value != request.headers.get(signing.DIGEST):
            raise signing.unauthorised()
        return peer, signed, body

    async def _authenticate(self, request: web.Request, bound: str) -> tuple[Peer, Signed]:
        _refuse_encoding(request)
        if request.query_string:
            raise signing.unauthorised()
        target = self._place.target(request.method, request.rel_url.raw_path)
        signed = signing.read_request(request.headers, target, bound)
        peer = await self._directory.get(signed.key_id)
        if peer is None:
            raise signing.unauthorised()
        key = signing.key_of(signed.key_id, pinned_keys(peer))
        try:
            signing.check_request(signed, key, now=self._now())
        except signing.ClockSkew as skew:
            self._contacts.measured(peer.id, signed.created - skew.server_time // 1000)
            raise
        self._contacts.measured(peer.id, signed.created - self._now() // 1000)
        fresh = await self._nonces.remember(
            peer.id, signed.nonce, created=signed.created, expires=signed.expires * 1000
        )
        if not fresh:
            raise signing.unauthorised()
        if seconds := self._allowance.take(peer.id):
            raise ComeLater("This node is asked too often.", seconds)
        return peer, signed

    def _signed_answer(self, body: bytes, signed: Signed, peer: Peer) -> web.Response:
        headers = self._answer_headers(signing.content_digest(body), signed, peer)
        return web.Response(body=body, headers=headers, content_type=_MEDIA)

    def _answer_headers(self, bound: Bound, signed: Signed, peer: Peer) -> dict[str, str]:
        signer = self._identity.towards(self._feed.latest(peer))
        return signing.sign_answer(signer, 200, bound, signed.signature, now=self._now())


def _uploadable(peer: Peer, outgoing: Outgoing) -> tuple[AttachmentWanted, ...]:
    """From a public peer we fetch ourselves."""
    return () if isinstance(peer, PublicPeer) else outgoing.requests


def _answering(handler: Handler) -> Handler:
    """Errors of ours as JSON with the status that fits; others are the server's to report."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except InputError as error:
            # The door counts and logs it: anybody may cause as many as he likes.
            log.debug("peer.request_refused", path=request.path, cause=error.message)
            server_time = error.server_time if isinstance(error, signing.ClockSkew) else 0
            return _refusal(error, error.status, server_time)
        except TidegateError as error:
            status = _STATUS.get(error.fault)
            if status is None:
                raise
            log.warning("peer.request_failed", path=request.path, cause=error.message)
            return _refusal(error, status)

    return answer


_STATUS = {
    Fault.PEER: 400,
    Fault.NOT_FOUND: 404,
    Fault.GONE: 404,
    Fault.PERMISSION: 404,
    Fault.UNAVAILABLE: 503,
    Fault.THROTTLED: 503,
    Fault.CREDENTIALS: 503,
}


def _refusal(error: TidegateError, status: int, server_time: Millis = 0) -> web.Response:
    # What went wrong inside is not the peer's business; what it did wrong is.
    known = status < 500
    refused = Refused(error.message, error.remedy, server_time) if known else Refused("Try later.")
    headers = {} if known else {"Retry-After": "5"}
    if isinstance(error, ComeLater):
        headers["Retry-After"] = str(max(1, math.ceil(error.seconds)))
    body = _encode_json(refused)
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def _decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except MALFORMED as error:
        raise InputError(f"The body is malformed: {error}") from error


def _refuse_encoding(request: web.Request) -> None:
    if "Content-Encoding" in request.headers:
        raise InputError("The body must not be compressed.", status=415)


async def _read(request: web.Request, limit: int) -> bytes:
    _refuse_encoding(request)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    portions: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for portion in request.content.iter_any():
                size += len(portion)
                if size > limit:
                    raise _too_large(limit)
                portions.append(portion)
    except TimeoutError as error:
        raise InputError("The body did not come in time.", status=408) from error
    return b"".join(portions)


async def _portions(request: web.Request) -> ByteStream:
    """A body of any length, as long as it does not stand still."""
    while True:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                portion = await request.content.readany()
        except TimeoutError as error:
            raise InputError("The body did not come in time.", status=408) from error
        if not portion:
            return
        yield portion


def _too_large(limit: int) -> InputError:
    return InputError(f"The body is larger than {limit} bytes.", status=413)
