"""Requests to nodes that have an address. A private peer has none, so none can be made to it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

import aiohttp
import msgspec
from yarl import URL

from schemas.errors import AddressRefused, ClocksDiffer, PeerError, PeerUnavailable
from schemas.node import PublicPeer
from schemas.peer import (
    EXCHANGE_PATH,
    FETCH_PATH,
    MAX_BODY,
    NODE_PATH,
    PAIR_PATH,
    UPLOAD_PATH,
    AttachmentFetch,
    AttachmentWanted,
    Exchange,
    NodeCard,
    PairAnswer,
    PairRequest,
    Refused,
)
from schemas.values import Millis
from service.peers import signing
from service.peers.bodies import paced
from service.peers.decoding import MALFORMED
from service.peers.guard import AddressPolicy, guarded_connector
from service.peers.identity import NodeIdentity, RandomBytes, pinned_keys
from service.peers.port import ByteStream, OutgoingContent, Traffic
from service.peers.quiet import UNWATCHED
from service.peers.signing import Bound
from service.peers.streams import (
    OpenedContent,
    StreamOpener,
    StreamSealer,
    sealed_frames,
    stream_context,
)

T = TypeVar("T")

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 20.0
_IDLE_SECONDS = 30.0
_SMALL = 1 << 16
_MEDIA = "application/msgpack"
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})

_encode = msgspec.msgpack.Encoder().encode
_decode_exchange = msgspec.msgpack.Decoder(Exchange).decode
_decode_wanted = msgspec.msgpack.Decoder(AttachmentWanted).decode
_decode_card = msgspec.msgpack.Decoder(NodeCard).decode
_decode_pair_answer = msgspec.msgpack.Decoder(PairAnswer).decode
_decode_refused = msgspec.json.Decoder(Refused).decode


def open_session(policy: AddressPolicy) -> aiohttp.ClientSession:
    """A session that goes to permitted addresses only, keeps no cookies and asks no proxy."""
    return aiohttp.ClientSession(
        connector=guarded_connector(policy),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "tidegate"},
    )


class Courier:
    """All methods raise `PeerUnavailable` (try later) or `PeerError` (refused or broken)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        identity: NodeIdentity,
        *,
        now: Callable[[], Millis],
        random_bytes: RandomBytes,
        traffic: Traffic = UNWATCHED,
        latest: Callable[[PublicPeer], PublicPeer] = lambda peer: peer,
    ) -> None:
        """`latest` is the peer as it is pinned now: its keys may have changed while it is asked."""
        self._session = session
        self._traffic = traffic
        self._identity = identity
        self._now = now
        self._random_bytes = random_bytes
        self._latest = latest

    async def exchange(self, peer: PublicPeer, body: Exchange) -> Exchange:
        content = _encode(body)
        bound = signing.content_digest(content)
        seconds = body.wait + _ANSWER_SECONDS
        sent_at = self._now()
        try:
            answer = await self._exchange_once(peer, content, bound, seconds)
        except _ConnectionLost:
            # An idle connection that the peer has just closed; an exchange may be repeated.
            if self._now() - sent_at > 1000:
                raise
            answer = await self._exchange_once(peer, content, bound, seconds)
        return answer

    async def _exchange_once(
        self, peer: PublicPeer, content: bytes, bound: Bound, seconds: float
    ) -> Exchange:
        peer = self._latest(peer)
        headers = self._signed("POST", peer, EXCHANGE_PATH, bound)
        async with self._open(
            "POST", peer.url, EXCHANGE_PATH, headers, content, _total(seconds)
        ) as answer:
            body = await _read(answer, MAX_BODY)
            _check(answer, signing.content_digest(body), self._latest(peer), headers)
        self._traffic.exchanged(peer.id, len(content), len(body))
        return _decoded(_decode_exchange, body)

    @asynccontextmanager
    async def fetch_attachment(
        self, peer: PublicPeer, wanted: AttachmentWanted
    ) -> AsyncIterator[OpenedContent]:
        """The plaintext, from `wanted.skip` on or, by an older node, from the beginning."""
        peer = self._latest(peer)
        content = _encode(AttachmentFetch(wanted))
        headers = self._signed("POST", peer, FETCH_PATH, signing.content_digest(content))
        async with self._open("POST", peer.url, FETCH_PATH, headers, content, _idle()) as answer:
            head = answer.headers.get(signing.STREAM, "")
            _check(answer, Bound(signing.STREAM, head), peer, headers)
            context = stream_context(wanted.connection, wanted.twin, wanted.attachment)
            opener = StreamOpener(self._identity, peer, context, head, limit=wanted.limit)
            yield OpenedContent(opener, paced(answer.content))

    async def push_attachment(
        self, peer: PublicPeer, wanted: AttachmentWanted, content: OutgoingContent
    ) -> None:
        """Uploads what the peer has asked for and does not have yet."""
        peer = self._latest(peer)
        context = stream_context(wanted.connection, wanted.twin, wanted.attachment)
        sealer = StreamSealer(self._identity, peer, context, self._random_bytes, skip=wanted.skip)
        path = UPLOAD_PATH + wanted.request
        headers = self._signed("PUT", peer, path, Bound(signing.STREAM, sealer.header))
        frames = sealed_frames(sealer, content.stream)
        async with self._open("PUT", peer.url, path, headers, frames, _idle()) as answer:
            body = await _read(answer, _SMALL)
            _check(answer, signing.content_digest(body), peer, headers)

    async def wanted_attachment(self, peer: PublicPeer, request: str) -> AttachmentWanted:
        """A request of the peer as it is now."""
        path = UPLOAD_PATH + request
        headers = self._signed("GET", peer, path, signing.content_digest(b""))
        seconds = _total(_ANSWER_SECONDS)
        async with self._open("GET", peer.url, path, headers, None, seconds) as answer:
            body = await _read(answer, _SMALL)
            _check(answer, signing.content_digest(body), peer, headers)
        return _decoded(_decode_wanted, body)

    async def node_card(self, url: str) -> NodeCard:
        """Who answers at a URL. Whether it is who it should be is for the caller to check."""
        async with self._open("GET", url, NODE_PATH, {}, None, _total(_ANSWER_SECONDS)) as answer:
            return _decoded(_decode_card, await _read(answer, _SMALL))

    async def pair(self, url: str, request: PairRequest) -> PairAnswer:
        headers = {"Content-Type": _MEDIA}
        async with self._open(
            "POST", url, PAIR_PATH, headers, _encode(request), _total(_ANSWER_SECONDS)
        ) as answer:
            return _decoded(_decode_pair_answer, await _read(answer, _SMALL))

    async def ask(
        self,
        peer: PublicPeer,
        method: str,
        path: str,
        content: bytes,
        *,
        limit: int = _SMALL,
        wait: float = 0.0,
    ) -> bytes:
        """The body of a signed answer to a signed request; `wait` seconds it may be held back."""
        headers = self._signed(method, peer, path, signing.content_digest(content))
        seconds = _total(wait + _ANSWER_SECONDS)
        async with self._open(method, peer.url, path, headers, content, seconds) as answer:
            body = await _read(answer, limit)
            _check(answer, signing.content_digest(body), peer, headers)
        return body

    async def put_stream(self, peer: PublicPeer, path: str, head: str, frames: ByteStream) -> None:
        """Uploads sealed frames; `head` goes ahead of them in the `Tidegate-Stream` header."""
        headers = self._signed("PUT", peer, path, Bound(signing.STREAM, head))
        async with self._open("PUT", peer.url, path, headers, frames, _idle()) as answer:
            body = await _read(answer, _SMALL)
            _check(answer, signing.content_digest(body), peer, headers)

    @asynccontextmanager
    async def get_stream(
        self, peer: PublicPeer, path: str
    ) -> AsyncIterator[tuple[str, ByteStream]]:
        """The head and the sealed frames that were put."""
        headers = self._signed("GET", peer, path, signing.content_digest(b""))
        async with self._open("GET", peer.url, path, headers, None, _idle()) as answer:
            head = answer.headers.get(signing.STREAM, "")
            _check(answer, Bound(signing.STREAM, head), peer, headers)
            yield head, paced(answer.content)

    def _signed(self, method: str, peer: PublicPeer, path: str, bound: Bound) -> dict[str, str]:
        target = signing.place(peer.url).target(method, path)
        nonce = self._random_bytes(16).hex()
        signer = self._identity.towards(peer)
        headers = signing.sign_request(signer, target, bound, now=self._now(), nonce=nonce)
        headers["Content-Type"] = _MEDIA
        return headers

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        base: str,
        path: str,
        headers: Mapping[str, str],
        data: Any,
        timeout: aiohttp.ClientTimeout,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.request(
                method,
                _address(base, path),
                headers=headers,
                data=data,
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                if answer.status != 200:
                    await _raise_refused(answer, self._now())
                if "Content-Encoding" in answer.headers:
                    raise PeerError("The peer's answer is compressed, which was not asked for.")
                yield answer
        except TimeoutError as error:
            raise PeerUnavailable(f"{_host(base)} did not answer in time.") from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise _unreachable(base, error) from error
        except aiohttp.ClientError as error:
            raise PeerUnavailable(f"The connection to {_host(base)} broke: {error}") from error


class NotThere(PeerError):
    """What the request names is not there, or not any more."""


class _ConnectionLost(PeerUnavailable):
    """The connection was closed before an answer came."""


def _unreachable(base: str, error: aiohttp.ClientError) -> PeerUnavailable:
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, AddressRefused):
            return PeerUnavailable(
                str(error.os_error), remedy="Allow the network, or correct the peer's URL."
            )
        return PeerUnavailable(
            f"{_host(base)} cannot be reached: {error.os_error.strerror or error.os_error}",
            remedy="Check that the other node runs and that this one may reach its URL.",
        )
    return _ConnectionLost(f"The connection to {_host(base)} was closed.")


def _check(
    answer: aiohttp.ClientResponse, bound: Bound, peer: PublicPeer, sent: Mapping[str, str]
) -> None:
    signing.check_answer(
        answer.headers,
        answer.status,
        bound,
        identity_key=signing.answering_key(answer.headers, pinned_keys(peer)),
        request_signature=signing.request_signature(sent),
    )


async def _raise_refused(answer: aiohttp.ClientResponse, now: Millis) -> NoReturn:
    body = await _read(answer, _SMALL)
    if answer.status in _BUSY:
        raise PeerUnavailable(
            f"The peer answered {answer.status}.",
            retry_after=_seconds(answer.headers.get("Retry-After", "")),
        )
    if 300 <= answer.status < 400:
        raise PeerError(
            "The peer's URL redirects elsewhere, which is not followed.",
            remedy="Give the URL at which the node itself answers.",
        )
    try:
        refused = _decode_refused(body)
    except MALFORMED as error:
        raise PeerError(
            f"No node answers at this URL (status {answer.status}).",
            remedy="Check the peer's URL.",
        ) from error
    if refused.server_time:
        raise ClocksDiffer(round((now - refused.server_time) / 1000))
    kind = NotThere if answer.status == 404 else PeerError
    # The answer is not signed: its words are shown to a person, and nothing follows from them.
    raise kind(_printable(refused.detail), remedy=_printable(refused.remedy))


def _printable(text: str) -> str:
    return "".join(c for c in text[:500] if c.isprintable())


def _seconds(text: str) -> float | None:
    return float(text) if text.isdecimal() and len(text) < 6 else None


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    portions: list[bytes] = []
    size = 0
    async for portion in answer.content.iter_any():
        size += len(portion)
        if size > limit:
            raise PeerError(f"The peer's answer is larger than {limit} bytes.")
        portions.append(portion)
    return b"".join(portions)


def _decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except MALFORMED as error:
        raise PeerError(f"The peer's answer is malformed: {error}") from error


@lru_cache(maxsize=4096)
def _address(base: str, path: str) -> URL:
    return URL(base + path)


def _host(base: str) -> str:
    return URL(base).host or base


def _total(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=_CONNECT_SECONDS)


def _idle() -> aiohttp.ClientTimeout:
    """For streams: however long they take, they must not stand still."""
    return aiohttp.ClientTimeout(connect=_CONNECT_SECONDS, sock_read=_IDLE_SECONDS)
