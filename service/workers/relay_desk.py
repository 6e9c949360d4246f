"""Ties the relay's port to the store, and sweeps away what lies there for too long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

import msgspec
import sqlalchemy as sa
import structlog

from schemas.peer import NodeCard
from schemas.relay import Slot
from schemas.values import Millis
from service.peers.relay.port import (
    MAX_JOIN_TRIES,
    BlobHead,
    Channel,
    Lying,
    OpenPass,
    QuotaFull,
    Side,
    other,
)
from service.store import peers, relay_channels, relay_passes
from service.store.relay_channels import ChannelRow
from service.store.store import Store

log = structlog.get_logger()

SWEEP_SECONDS = 60.0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(NodeCard).decode


class RelayDesk:
    def __init__(self, store: Store, *, new_id: Callable[[], str]) -> None:
        self._store = store
        self._new_id = new_id

    async def find_pass(self, id: str) -> OpenPass | None:
        row = await self._store.read(lambda c: relay_passes.get(c, id))
        if row is None:
            return None
        return OpenPass(row.id, row.secret, row.expires, row.revoked is not None)

    async def open(self, channel: Channel, of_pass: str, now: Millis) -> bool:
        row = ChannelRow(channel.id, of_pass, _encode(channel.inviter), None, channel.join, 0, now)
        return await self._store.write(lambda c: relay_channels.add(c, row))

    async def channel(self, id: str) -> Channel | None:
        row = await self._store.read(lambda c: relay_channels.get(c, id))
        if row is None:
            return None
        joiner = None if row.joiner is None else _decode(row.joiner)
        revoked = row.revoked is not None
        return Channel(row.id, _decode(row.inviter), joiner, row.join_key, row.tries, revoked)

    async def join(self, id: str, card: NodeCard, key: bytes, now: Millis) -> bool:
        content = _encode(card)
        return await self._store.write(
            lambda c: relay_channels.join(c, id, content, key, MAX_JOIN_TRIES)
        )

    async def leave(self, id: str) -> None:
        await self._store.write(lambda c: relay_channels.remove(c, id))

    async def put(self, channel: str, side: Side, slot: Slot, envelope: bytes, now: Millis) -> int:
        number = await self._store.write(
            lambda c: relay_channels.put(c, channel, side, slot, envelope, now)
        )
        if number is None:
            raise QuotaFull()
        return number

    async def lying(self, channel: str, side: Side, slot: Slot, have: int) -> Lying:
        def work(c: sa.Connection) -> Lying:
            there = other(side)
            found = relay_channels.lying(c, channel, there, slot, have)
            return Lying(
                found.number,
                found.envelope,
                relay_channels.whole_blobs(c, channel, there),
                relay_channels.whole_blobs(c, channel, side),
            )

        return await self._store.read(work)

    async def begin_blob(
        self, channel: str, side: Side, blob: str, head: str, now: Millis
    ) -> str | None:
        upload = self._new_id()
        begun = await self._store.write(
            lambda c: relay_channels.begin_blob(c, channel, side, blob, head, upload, now)
        )
        return upload if begun else None

    async def add_chunk(self, upload: str, number: int, content: bytes) -> bool:
        added = await self._store.write(
            lambda c: relay_channels.add_chunk(c, upload, number, content)
        )
        if added is None:
            raise QuotaFull()
        return added

    async def end_blob(self, upload: str) -> bool:
        return await self._store.write(lambda c: relay_channels.end_blob(c, upload))

    async def drop_blob(self, channel: str, side: Side, blob: str) -> None:
        await self._store.write(lambda c: relay_channels.drop_blob(c, channel, side, blob))

    async def drop_upload(self, upload: str) -> None:
        await self._store.write(lambda c: relay_channels.drop_upload(c, upload))

    async def find_blob(self, channel: str, side: Side, blob: str) -> BlobHead | None:
        found = await self._store.read(lambda c: relay_channels.find_blob(c, channel, side, blob))
        return None if found is None else BlobHead(*found)

    async def chunks(self, upload: str) -> AsyncIterator[bytes]:
        """Ends early when the content is replaced meanwhile; its reader notices that."""
        number = 0
        while True:
            content = await self._store.read(
                partial(relay_channels.chunk, upload=upload, number=number)
            )
            if content is None:
                return
            yield content
            number += 1


class HeardEnvelopes:
    """Which envelope of a peer was the last one taken in here."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def heard(self, peer: str) -> int:
        return await self._store.read(lambda c: peers.heard_through_relay(c, peer))

    async def set_heard(self, peer: str, number: int) -> None:
        await self._store.write(lambda c: peers.set_heard_through_relay(c, peer, number))


class RelaySweeper:
    def __init__(self, store: Store, *, now: Callable[[], Millis]) -> None:
        self._store = store
        self._now = now

    async def run(self) -> None:
        while True:
            swept = await self._store.write(partial(relay_channels.sweep, now=self._now()))
            if swept.envelopes or swept.blobs or swept.channels:
                log.info("relay.swept", **msgspec.structs.asdict(swept))
            await asyncio.sleep(SWEEP_SECONDS)
