"""Pairing through a channel: the joiner's request and the inviter's answer lie in slots."""

import hashlib
from collections.abc import Callable

import msgspec
import structlog

from schemas.errors import InputError, PeerError, PeerUnavailable
from schemas.peer import NodeCard, PairAnswer, PairRequest, Refused
from schemas.relay import PairReply, Poll, RelayPlace
from schemas.values import Millis
from service.peers.decoding import MALFORMED
from service.peers.pairing import PairingDesk
from service.peers.relay.client import RelayClient

log = structlog.get_logger()

_AGAIN: Millis = 600_000
"""A request that lies there unanswered is put anew after this time."""

_encode = msgspec.msgpack.Encoder().encode
_decode_request = msgspec.msgpack.Decoder(PairRequest).decode
_decode_reply = msgspec.msgpack.Decoder(PairReply).decode


class WayThroughRelay:
    """The joiner's way to the inviter. `wait` is for how many seconds `pair` stays for the answer;
    called again, it looks whether one has come to what it asked before."""

    def __init__(
        self,
        client: RelayClient,
        place: RelayPlace,
        inviter: NodeCard,
        *,
        wait: float,
        now: Callable[[], Millis],
    ) -> None:
        self._client = client
        self._place = place
        self._inviter = inviter
        self._wait = wait
        self._now = now
        self._asked = b""
        self._asked_at: Millis = 0

    async def node_card(self, url: str) -> NodeCard:
        return self._inviter

    async def pair(self, url: str, request: PairRequest) -> PairAnswer:
        """Raises `InputError` when the inviter refuses, `PeerUnavailable` before it has answered.

        The same party asks the same whenever it asks: an answer to its earlier request will do.
        """
        if not self._asked or self._now() - self._asked_at > _AGAIN:
            content = _encode(request)
            await self._client.put(self._place, "pair", content)
            self._asked, self._asked_at = hashlib.sha256(content).digest(), self._now()
        reply = await self._reply()
        if reply.refused is not None:
            self._asked = b""
            raise InputError(reply.refused.detail, status=409, remedy=reply.refused.remedy)
        if reply.answer is None:
            raise PeerError("The inviting node's reply is empty.")
        return reply.answer

    async def _reply(self) -> PairReply:
        number = 0
        for wait in (0.0, self._wait):
            polled = await self._client.poll(self._place, Poll("pair", number, wait=wait))
            number = polled.number
            if not polled.envelope:
                continue
            try:
                reply = _decode_reply(polled.envelope)
            except MALFORMED as error:
                raise PeerError(f"The inviting node's reply is malformed: {error}") from error
            if reply.to == self._asked:
                return reply
        raise PeerUnavailable(
            "The inviting node has not answered through the relay yet.",
            remedy="Wait: it answers as soon as it runs and reaches the relay.",
        )


class ChannelDesk:
    """The inviter's: answers what lies in the joiner's slot of one invitation's channel."""

    def __init__(
        self, client: RelayClient, place: RelayPlace, invitation: str, desk: PairingDesk
    ) -> None:
        self._client = client
        self._place = place
        self._invitation = invitation
        self._desk = desk
        self._number = 0
        self.done = False
        """The invitation was used, and what lay there then is answered."""

    async def look(self, *, used: bool) -> None:
        """Raises `PeerUnavailable` or `PeerError` when the relay does not serve us."""
        try:
            polled = await self._client.poll(self._place, Poll("pair", self._number))
        except PeerError:
            # The channel is gone: the joiner does not need it any more.
            self.done = used
            raise
        if not polled.envelope:
            self.done = used
            return
        reply = await self._reply(polled.envelope)
        await self._client.put(self._place, "pair", _encode(reply))
        self._number = polled.number

    async def _reply(self, content: bytes) -> PairReply:
        to = hashlib.sha256(content).digest()
        try:
            request = _decode_request(content)
            if request.invitation != self._invitation:
                raise InputError("The request is about another invitation.")
            return PairReply(to, answer=await self._desk.answer(request))
        except MALFORMED:
            return PairReply(to, refused=Refused("The pair request is malformed."))
        except InputError as error:
            log.warning("relay.pairing_refused", cause=error.message)
            return PairReply(to, refused=Refused(error.message, error.remedy))
