"""The relay's endpoints. It knows who may come to which channel, and nothing of what lies there."""

import asyncio
import hmac
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import structlog
from aiohttp import web

from schemas.errors import InputError, PeerError
from schemas.peer import MAX_WAIT, NodeCard, RequestId, check_version
from schemas.relay import (
    CHANNELS_PATH,
    MAX_ENVELOPE,
    SLOTS,
    ChannelPass,
    JoinChannel,
    Joined,
    JoinKey,
    OpenChannel,
    Poll,
    Polled,
    Slot,
)
from schemas.values import Millis
from service.peers import signing
from service.peers.answers import answering, asked_too_often
from service.peers.bodies import (
    BODY_SECONDS,
    PACE,
    Pace,
    decoded,
    pieces,
    portions_of,
    read_body,
    refuse_encoding,
)
from service.peers.doorbell import Doorbell
from service.peers.holding import held
from service.peers.identity import NodeIdentity, node_id
from service.peers.pairing import check_card
from service.peers.port import Allowance, NonceStore
from service.peers.quiet import UNLIMITED
from service.peers.relay.passes import kept_join_key, kept_secret
from service.peers.relay.port import MAX_JOIN_TRIES, Channel, Lying, RelayStore, Side, other
from service.peers.sealing import open_raw
from service.peers.signing import Bound, Signed

log = structlog.get_logger()

CHUNK = 1 << 20
OPEN_INFO = b"tidegate-relay-1 open"
JOIN_INFO = b"tidegate-relay-1 join"
_PORTION = 1 << 16
_SMALL = 1 << 16
_MEDIA = "application/msgpack"
_ONE = CHANNELS_PATH + "/{channel}"

_encode = msgspec.msgpack.Encoder().encode
_decode_open = msgspec.msgpack.Decoder(OpenChannel).decode
_decode_pass = msgspec.msgpack.Decoder(ChannelPass).decode
_decode_join = msgspec.msgpack.Decoder(JoinChannel).decode
_decode_key = msgspec.msgpack.Decoder(JoinKey).decode
_decode_poll = msgspec.msgpack.Decoder(Poll).decode


class _Caller(NamedTuple):
    channel: Channel
    side: Side
    signed: Signed


class RelayEndpoints:
    """`public_url` is what callers sign; `look_seconds` is how often a held request looks without
    a ring, since rings reach only the process in which they were rung."""

    def __init__(
        self,
        identity: NodeIdentity,
        public_url: str,
        *,
        store: RelayStore,
        nonces: NonceStore,
        now: Callable[[], Millis],
        look_seconds: float = MAX_WAIT,
        allowance: Allowance = UNLIMITED,
        pace: Pace = PACE,
    ) -> None:
        self._allowance = allowance
        self._pace = pace
        self._identity = identity
        self._place = signing.place(public_url)
        self._store = store
        self._nonces = nonces
        self._now = now
        self._look_seconds = look_seconds
        self._bell = Doorbell()
        self._asked: dict[tuple[str, Side], Millis] = {}
        self._began = now()
        self._held: dict[tuple[str, Side, Slot], object] = {}
        self._closing = False

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(CHANNELS_PATH, answering(self._open)),
            web.post(_ONE + "/join", answering(self._join)),
            web.post(_ONE + "/poll", answering(self._poll)),
            web.post(_ONE + "/leave", answering(self._leave)),
            web.put(_ONE + "/slots/{slot}", answering(self._put)),
            web.put(_ONE + "/blobs/{blob}", answering(self._put_blob)),
            web.get(_ONE + "/blobs/{blob}", answering(self._get_blob)),
            web.delete(_ONE + "/blobs/{blob}", answering(self._drop_blob)),
        ]

    def release(self) -> None:
        """Answers all held requests now and holds none any more: before the server stops."""
        self._closing = True
        self._bell.ring_all()

    async def _open(self, request: web.Request) -> web.StreamResponse:
        signed = self._read_signature(request, signing.DIGEST)
        body = await self._body(request, _SMALL)
        asked = decoded(_decode_open, body)
        check_version(asked.version, asked.minimum)
        self._check_card(asked.card, signed)
        given = decoded(_decode_pass, self._unsealed(asked.sealed, OPEN_INFO))
        found = await self._store.find_pass(given.id)
        if found is None or not hmac.compare_digest(found.secret, kept_secret(given.secret)):
            raise InputError(
                "The relay does not know this pass.",
                status=403,
                remedy="Ask the relay's administrator for a pass.",
            )
        if found.revoked or found.expires <= self._now():
            raise _pass_over("revoked" if found.revoked else "no longer valid")
        await self._check_fresh(signed)
        channel = Channel(given.channel, asked.card, None, given.join, 0, False)
        if not await self._store.open(channel, found.id, self._now()):
            raise InputError(
                "The channel cannot be opened: its name is taken, or the pass has too many.",
                status=409,
                remedy="Ask the relay's administrator for another pass.",
            )
        log.info("relay.channel_opened", channel=given.channel, node=signed.key_id)
        return self._answer(b"", signed)

    async def _join(self, request: web.Request) -> web.StreamResponse:
        signed = self._read_signature(request, signing.DIGEST)
        body = await self._body(request, _SMALL)
        asked = decoded(_decode_join, body)
        check_version(asked.version, asked.minimum)
        self._check_card(asked.card, signed)
        channel = await self._find(request)
        key = decoded(_decode_key, self._unsealed(asked.sealed, JOIN_INFO)).key
        if channel.joiner is None:
            await self._join_first(channel, asked.card, key)
        elif node_id(channel.joiner.identity_key) != signed.key_id:
            raise InputError(
                "Another node has joined this channel already.",
                status=409,
                remedy="Ask the other side for a new invitation.",
            )
        await self._check_fresh(signed)
        self._bell.ring(channel.id)
        return self._answer(_encode(Joined(channel.inviter)), signed)

    async def _join_first(self, channel: Channel, card: NodeCard, key: bytes) -> None:
        if channel.tries >= MAX_JOIN_TRIES:
            raise InputError(
                "The channel was locked after too many wrong tries.",
                status=410,
                remedy="Ask the other side to issue the invitation again.",
            )
        if not await self._store.join(channel.id, card, kept_join_key(key), self._now()):
            log.warning("relay.wrong_try", channel=channel.id)
            raise _unknown()
        log.info("relay.channel_joined", channel=channel.id)

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        caller = await self._authenticate(request, signing.DIGEST, may_be_revoked=True)
        await self._body(request, _SMALL)
        await self._store.leave(caller.channel.id)
        self._bell.ring(caller.channel.id)
        return self._answer(b"", caller.signed)

    async def _put(self, request: web.Request) -> web.StreamResponse:
        caller = await self._authenticate(request, signing.DIGEST)
        slot = _slot(request)
        body = await self._body(request, MAX_ENVELOPE)
        if not body:
            raise InputError("The envelope is empty.")
        await self._store.put(caller.channel.id, caller.side, slot, body, self._now())
        self._bell.ring(caller.channel.id)
        return self._answer(b"", caller.signed)

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        caller = await self._authenticate(request, signing.DIGEST)
        poll = decoded(_decode_poll, await self._body(request, _SMALL))
        self._asked[caller.channel.id, caller.side] = self._now()
        lying = await held(self._allowance, caller.signed.key_id, self._news(caller, poll))
        answer = Polled(
            lying.number, lying.envelope, lying.blobs, lying.placed, self._silence(caller)
        )
        return self._answer(_encode(answer), caller.signed)

    async def _news(self, caller: _Caller, poll: Poll) -> Lying:
        """What lies there; held back while that is nothing new and the caller lets us."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + min(poll.wait, MAX_WAIT)
        channel, side = caller.channel.id, caller.side
        token, place = object(), (channel, side, poll.slot)
        if poll.wait:
            # One held request per side and slot: a newer one releases the older.
            self._held[place] = token
            self._bell.ring(channel)
        try:
            while True:
                seen = self._bell.count(channel)
                lying = await self._store.lying(channel, side, poll.slot, poll.have)
                fresh = lying.envelope or _blobs_differ(lying, poll)
                remaining = deadline - clock()
                superseded = bool(poll.wait) and self._held.get(place) is not token
                if fresh or remaining <= 0 or superseded or self._closing:
                    return lying
                await self._bell.wait(channel, seen, min(remaining, self._look_seconds))
        finally:
            if self._held.get(place) is token:
                del self._held[place]

    def _silence(self, caller: _Caller) -> float:
        last = self._asked.get((caller.channel.id, other(caller.side)), self._began)
        return (self._now() - last) / 1000

    async def _put_blob(self, request: web.Request) -> web.StreamResponse:
        caller = await self._authenticate(request, signing.STREAM)
        head = request.headers.get(signing.STREAM, "")
        if not 0 < len(head) <= 4096:
            raise InputError("The stream has no usable head.")
        upload = await self._store.begin_blob(
            caller.channel.id, caller.side, _blob(request), head, self._now()
        )
        if upload is None:
            raise InputError(
                "Too many contents lie in this channel.",
                status=507,
                remedy="Let the other side fetch some first.",
            )
        await self._take_in(request, upload)
        self._bell.ring(caller.channel.id)
        return self._answer(b"", caller.signed)

    async def _take_in(self, request: web.Request, upload: str) -> None:
        number, whole = 0, False
        try:
            async for chunk in pieces(portions_of(request, self._pace), CHUNK):
                if not await self._store.add_chunk(upload, number, chunk):
                    raise _replaced()
                number += 1
            whole = await self._store.end_blob(upload)
        finally:
            if not whole:
                # Shielded: a caller that hangs up would leave what nobody can use.
                await asyncio.shield(self._store.drop_upload(upload))
        if not whole:
            raise _replaced()

    async def _get_blob(self, request: web.Request) -> web.StreamResponse:
        caller = await self._authenticate(request, signing.DIGEST)
        found = await self._store.find_blob(caller.channel.id, other(caller.side), _blob(request))
        if found is None:
            raise InputError("The relay does not hold this content.", status=404)
        bound = Bound(signing.STREAM, found.head)
        answer = web.StreamResponse(headers=self._headers(bound, caller.signed))
        answer.content_type = "application/octet-stream"
        await answer.prepare(request)
        try:
            async for chunk in self._store.chunks(found.upload):
                await _write(answer, chunk)
        except TimeoutError:
            log.warning("relay.reader_stuck", channel=caller.channel.id)
            if request.transport is not None:
                request.transport.abort()
            return answer
        await answer.write_eof()
        return answer

    async def _drop_blob(self, request: web.Request) -> web.StreamResponse:
        """By the side that it was for."""
        caller = await self._authenticate(request, signing.DIGEST)
        await self._body(request, _SMALL)
        await self._store.drop_blob(caller.channel.id, other(caller.side), _blob(request))
        self._bell.ring(caller.channel.id)
        return self._answer(b"", caller.signed)

    async def _authenticate(
        self, request: web.Request, bound: str, *, may_be_revoked: bool = False
    ) -> _Caller:
        """Only the two nodes that the channel has pinned. Others learn no more than that there is
        no such channel."""
        signed = self._read_signature(request, bound)
        channel = await self._find(request)
        side: Side = "inviter"
        card: NodeCard | None = channel.inviter
        if node_id(channel.inviter.identity_key) != signed.key_id:
            side, card = "joiner", channel.joiner
        if card is None or node_id(card.identity_key) != signed.key_id:
            raise _unknown()
        signing.check_request(signed, card.identity_key, now=self._now())
        await self._check_fresh(signed)
        if channel.revoked and not may_be_revoked:
            raise _pass_over("revoked")
        return _Caller(channel, side, signed)

    async def _find(self, request: web.Request) -> Channel:
        channel = await self._store.channel(request.match_info["channel"][:128])
        if channel is None:
            raise _unknown()
        return channel

    def _read_signature(self, request: web.Request, bound: str) -> Signed:
        refuse_encoding(request)
        if request.query_string:
            raise signing.unauthorised()
        target = self._place.target(request.method, request.rel_url.raw_path)
        return signing.read_request(request.headers, target, bound)

    def _check_card(self, card: NodeCard, signed: Signed) -> None:
        """The caller is the node that it presents."""
        try:
            found = check_card(card)
        except PeerError as error:
            raise InputError(error.message) from error
        if found != signed.key_id:
            raise signing.unauthorised()
        signing.check_request(signed, card.identity_key, now=self._now())

    async def _check_fresh(self, signed: Signed) -> None:
        if not await self._nonces.remember(
            signed.key_id, signed.nonce, created=signed.created, expires=signed.expires * 1000
        ):
            raise signing.unauthorised()
        if seconds := self._allowance.take(signed.key_id):
            raise asked_too_often(seconds)

    async def _body(self, request: web.Request, limit: int) -> bytes:
        body = await read_body(request, limit)
        if signing.content_digest(body).value != request.headers.get(signing.DIGEST):
            raise signing.unauthorised()
        return body

    def _unsealed(self, sealed: bytes, info: bytes) -> bytes:
        try:
            return open_raw(self._identity, sealed, info)
        except PeerError as error:
            raise InputError(error.message, remedy="Try again.") from error

    def _answer(self, body: bytes, signed: Signed) -> web.Response:
        headers = self._headers(signing.content_digest(body), signed)
        return web.Response(body=body, headers=headers, content_type=_MEDIA)

    def _headers(self, bound: Bound, signed: Signed) -> dict[str, str]:
        return signing.sign_answer(self._identity, 200, bound, signed.signature, now=self._now())


async def _write(answer: web.StreamResponse, chunk: bytes) -> None:
    """Raises `TimeoutError` when the reader takes next to nothing."""
    for begin in range(0, len(chunk), _PORTION):
        async with asyncio.timeout(BODY_SECONDS):
            await answer.write(chunk[begin : begin + _PORTION])


def _blob(request: web.Request) -> str:
    try:
        return msgspec.convert(request.match_info["blob"], RequestId)
    except msgspec.ValidationError as error:
        raise InputError("This cannot be the id of a request.") from error


def _blobs_differ(lying: Lying, poll: Poll) -> bool:
    return set(lying.blobs) != set(poll.blobs) or set(lying.placed) != set(poll.placed)


def _slot(request: web.Request) -> Slot:
    found = next((slot for slot in SLOTS if slot == request.match_info["slot"]), None)
    if found is None:
        raise InputError("There is no such slot.", status=404)
    return found


def _unknown() -> InputError:
    return InputError(
        "The relay knows no such channel.",
        status=404,
        remedy="Pair again with a new invitation.",
    )


def _pass_over(how: str) -> InputError:
    return InputError(
        f"The pass for this relay is {how}.",
        status=403,
        remedy="Ask the relay's administrator for a new pass, then pair again with it.",
    )


def _replaced() -> InputError:
    return InputError("The upload was replaced by another or swept away.", status=409)
