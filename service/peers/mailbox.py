"""The peer endpoints of a public node. A private node does not mount them."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import chain

import msgspec
import structlog
from aiohttp import web

from schemas.errors import InputError, PeerError, PeerUnavailable, TidegateError
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
    VersionsDiffer,
)
from schemas.values import Millis
from service.peers import signing
from service.peers.answers import ComeLater, answering, asked_too_often
from service.peers.bodies import (
    BODY_SECONDS,
    PACE,
    Pace,
    decoded,
    portions_of,
    read_body,
    refuse_encoding,
)
from service.peers.contact import Contacts, Way
from service.peers.doorbell import Doorbell
from service.peers.feed import Feed, NotTaken
from service.peers.holding import held
from service.peers.identity import NodeIdentity, RandomBytes, pinned_keys
from service.peers.pairing import PairingDesk
from service.peers.port import (
    Allowance,
    AttachmentSink,
    AttachmentSource,
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

_OVERTAKEN = 5.0
_SMALL = 1 << 17
_MEDIA = "application/msgpack"

_encode = msgspec.msgpack.Encoder().encode
_decode_exchange = msgspec.msgpack.Decoder(Exchange).decode
_decode_fetch = msgspec.msgpack.Decoder(AttachmentFetch).decode
_decode_pair = msgspec.msgpack.Decoder(PairRequest).decode


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
        body_seconds: float = BODY_SECONDS,
        pace: Pace = PACE,
    ) -> None:
        self._body_seconds = body_seconds
        self._pace = pace
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
        self._card_given: dict[str, int] = {}
        self._closing = False

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(NODE_PATH, answering(self._node)),
            web.post(PAIR_PATH, answering(self._pair)),
            web.post(EXCHANGE_PATH, answering(self._exchange)),
            web.post(FETCH_PATH, answering(self._fetch)),
            web.put(UPLOAD_PATH + "{request}", answering(self._upload)),
            web.get(UPLOAD_PATH + "{request}", answering(self._wanted), allow_head=False),
        ]

    def release(self) -> None:
        """Answers all held requests now and holds none any more: before the server stops."""
        self._closing = True
        self._bell.ring_all()

    async def _node(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=_encode(self._pairing.card()), content_type=_MEDIA)

    async def _pair(self, request: web.Request) -> web.StreamResponse:
        asked = decoded(_decode_pair, await self._read(request, _SMALL))
        return web.Response(body=_encode(await self._pairing.answer(asked)), content_type=_MEDIA)

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        peer, signed, body = await self._signed_body(request, MAX_BODY)
        heard = decoded(_decode_exchange, body)
        try:
            position = await self._feed.admit(peer, heard)
        except NotTaken as judged:
            log.warning("peer.not_taken", peer=peer.id, verdict=judged.verdict)
            # A request that another run of the peer holds is answered, so that it may speak.
            self._bell.ring(peer.id)
            here = (await self._feed.pending(peer, max_items=0)).position
            verdict = self._feed.verdict(peer, here, judged.verdict)
            return self._signed_answer(_encode(verdict), signed, peer)
        except VersionsDiffer as error:
            cause = PeerError(error.message, remedy=error.remedy)
            self._contacts.failed(peer.id, _way(peer), cause)
            raise
        self._contacts.reached(peer.id, _way(peer))
        if position is not None and not heard.limit:
            answer = self._feed.compose(peer, position)
        else:
            outgoing = await held(self._allowance, peer.id, self._news(peer, heard))
            answer = msgspec.structs.replace(
                self._feed.compose(peer, outgoing.position, outgoing),
                wanted=await self._as_it_is(peer, heard, outgoing),
            )
        said = _encode(answer)
        self._traffic.exchanged(peer.id, len(said), len(body))
        return self._signed_answer(said, signed, peer)

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
                fresh = fresh or self._has_new_card(peer) or self._is_doubted(peer)
                if (
                    outgoing.items
                    or fresh
                    or self._feed.owes_word(peer)
                    or remaining <= 0
                    or superseded
                    or self._closing
                ):
                    return outgoing
                await self._bell.wait(peer.id, seen, min(remaining, self._look_seconds))
        finally:
            if self._held.get(peer.id) is token:
                del self._held[peer.id]

    def _has_new_card(self, peer: Peer) -> bool:
        """True once for each card of ours that the peer does not have; an older node never takes
        it. Raises `InputError` when the peer's keys were revoked while its request was held."""
        latest = self._feed.latest(peer)
        if latest.revoked:
            raise signing.unauthorised()
        serial = self._identity.serial
        given = latest.knows >= serial or self._card_given.get(peer.id) == serial
        if given or not self._feed.gives_card(latest):
            return False
        self._card_given[peer.id] = serial
        return True

    def _is_doubted(self, peer: Peer) -> bool:
        """Then the run of it that is known is to show soon whether it still lives."""
        return bool(self._feed.latest(peer).lineage.suspect)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        peer, signed, body = await self._signed_body(request, _SMALL)
        wanted = decoded(_decode_fetch, body).wanted
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
                    async with asyncio.timeout(self._body_seconds):
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
            await self._sink.accept(
                request_id, OpenedContent(opener, portions_of(request, self._pace))
            )
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
        body = await self._read(request, limit)
        if signing.content_digest(body).value != request.headers.get(signing.DIGEST):
            raise signing.unauthorised()
        return peer, signed, body

    async def _read(self, request: web.Request, limit: int) -> bytes:
        return await read_body(request, limit, seconds=self._body_seconds)

    async def _authenticate(self, request: web.Request, bound: str) -> tuple[Peer, Signed]:
        refuse_encoding(request)
        if request.query_string:
            raise signing.unauthorised()
        readings = self._readings(request, bound)
        signed = next(readings)
        peer = await self._directory.get(signed.key_id)
        if peer is None:
            raise signing.unauthorised()
        key = signing.key_of(signed.key_id, pinned_keys(peer))
        genuine = next((s for s in chain((signed,), readings) if signing.is_genuine(s, key)), None)
        if genuine is None:
            raise signing.unauthorised()
        signed = genuine
        try:
            signing.check_time(signed, now=self._now())
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
            raise asked_too_often(seconds)
        return peer, signed

    def _readings(self, request: web.Request, bound: str) -> Iterator[Signed]:
        """As sent to this node's URL, or to one before by a peer that has not heard of the new."""
        for place in (self._place, *map(signing.place, self._identity.former_urls)):
            target = place.target(request.method, request.rel_url.raw_path)
            yield signing.read_request(request.headers, target, bound)

    def _signed_answer(self, body: bytes, signed: Signed, peer: Peer) -> web.Response:
        headers = self._answer_headers(signing.content_digest(body), signed, peer)
        return web.Response(body=body, headers=headers, content_type=_MEDIA)

    def _answer_headers(self, bound: Bound, signed: Signed, peer: Peer) -> dict[str, str]:
        signer = self._identity.towards(self._feed.latest(peer))
        return signing.sign_answer(signer, 200, bound, signed.signature, now=self._now())


def _way(peer: Peer) -> Way:
    return "push" if isinstance(peer, PublicPeer) else "mailbox"


def _uploadable(peer: Peer, outgoing: Outgoing) -> tuple[AttachmentWanted, ...]:
    """From a public peer we fetch ourselves."""
    return () if isinstance(peer, PublicPeer) else outgoing.requests
