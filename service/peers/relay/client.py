"""What a private node asks of a relay. Every request and every answer is signed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from schemas.errors import InputError, PeerError
from schemas.invitation import Invitation, RelayMeeting
from schemas.node import PublicPeer
from schemas.peer import NodeCard
from schemas.relay import (
    CHANNELS_PATH,
    MAX_POLL,
    ChannelPass,
    JoinChannel,
    Joined,
    JoinKey,
    OpenChannel,
    Poll,
    Polled,
    RelayPlace,
    Slot,
)
from service.peers.courier import Courier
from service.peers.decoding import MALFORMED
from service.peers.identity import NodeIdentity, node_id
from service.peers.pairing import check_card, node_card
from service.peers.port import ByteStream
from service.peers.relay.endpoints import JOIN_INFO, OPEN_INFO
from service.peers.relay.passes import RelayPass, join_key, kept_join_key
from service.peers.sealing import seal_raw

T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode
_decode_joined = msgspec.msgpack.Decoder(Joined).decode
_decode_polled = msgspec.msgpack.Decoder(Polled).decode


class RelayClient:
    """All methods raise `PeerUnavailable` (try later) or `PeerError` (refused or broken)."""

    def __init__(self, courier: Courier, identity: NodeIdentity) -> None:
        self._courier = courier
        self._identity = identity

    async def open(self, given: RelayPass, url: str, channel: str, secret: bytes) -> RelayPlace:
        """A new channel, which whoever has the invitation's `secret` may join."""
        card = await self._relay_card(url, given.node)
        join = kept_join_key(join_key(channel, secret))
        asked = ChannelPass(given.id, given.secret, channel, join)
        sealed = seal_raw(card.message_key, _encode(asked), OPEN_INFO)
        place = RelayPlace(url, card.identity_key, channel, self._identity.serial)
        body = _encode(OpenChannel(node_card(self._identity), sealed))
        await self._courier.ask(_relay(place), "POST", CHANNELS_PATH, body)
        return place

    async def join(
        self, invitation: Invitation, meeting: RelayMeeting, url: str
    ) -> tuple[RelayPlace, NodeCard]:
        """The place, and the card of the node that made the invitation. May be repeated."""
        card = await self._relay_card(url, meeting.node)
        key = JoinKey(join_key(meeting.channel, invitation.secret))
        sealed = seal_raw(card.message_key, _encode(key), JOIN_INFO)
        place = RelayPlace(url, card.identity_key, meeting.channel, self._identity.serial)
        body = _encode(JoinChannel(node_card(self._identity), sealed))
        answer = await self._courier.ask(_relay(place), "POST", _path(place, "join"), body)
        other = _decoded(_decode_joined, answer).other
        check_card(other, invitation.node)
        return place, other

    async def leave(self, place: RelayPlace) -> None:
        await self._courier.ask(_relay(place), "POST", _path(place, "leave"), b"")

    async def look(self, place: RelayPlace) -> None:
        """Raises `NotThere` when there is no such channel, or not any more."""
        await self.poll(place, Poll("pair", have=0))

    async def put(self, place: RelayPlace, slot: Slot, envelope: bytes) -> None:
        await self._courier.ask(_relay(place), "PUT", _path(place, f"slots/{slot}"), envelope)

    async def poll(self, place: RelayPlace, asked: Poll) -> Polled:
        path = _path(place, "poll")
        answer = await self._courier.ask(
            _relay(place), "POST", path, _encode(asked), limit=MAX_POLL, wait=asked.wait
        )
        return _decoded(_decode_polled, answer)

    async def put_blob(self, place: RelayPlace, blob: str, head: str, frames: ByteStream) -> None:
        await self._courier.put_stream(_relay(place), _path(place, f"blobs/{blob}"), head, frames)

    @asynccontextmanager
    async def get_blob(self, place: RelayPlace, blob: str) -> AsyncIterator[tuple[str, ByteStream]]:
        path = _path(place, f"blobs/{blob}")
        async with self._courier.get_stream(_relay(place), path) as found:
            yield found

    async def drop_blob(self, place: RelayPlace, blob: str) -> None:
        await self._courier.ask(_relay(place), "DELETE", _path(place, f"blobs/{blob}"), b"")

    async def _relay_card(self, url: str, expected: str) -> NodeCard:
        card = await self._courier.node_card(url)
        try:
            check_card(card)
        except InputError as error:
            raise PeerError(error.message, remedy=error.remedy) from error
        if node_id(card.identity_key) != expected:
            raise PeerError(
                "The node at the relay's URL is not the relay that is meant.",
                remedy="Ask the relay's administrator for its URL and a new pass.",
            )
        return card


def _relay(place: RelayPlace) -> PublicPeer:
    """The relay as the courier sees it: somebody with an address and an identity, who knows this
    node by the keys that it had when the channel was made."""
    id = node_id(place.identity_key)
    return PublicPeer(id, "relay", place.identity_key, b"", "", place.url, knows=place.knows)


def _path(place: RelayPlace, rest: str) -> str:
    return f"{CHANNELS_PATH}/{place.channel}/{rest}"


def _decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except MALFORMED as error:
        raise PeerError(f"The relay's answer is malformed: {error}") from error
