"""Leaves the channels at relays that nobody meets in any more, so that their passes have room."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import sqlalchemy as sa
import structlog

from schemas.errors import PeerError, PeerUnavailable
from schemas.node import Peer, RelayedPeer
from schemas.relay import RelayPlace
from schemas.values import Millis
from service.peers.courier import NotThere
from service.peers.relay.client import RelayClient
from service.store import invitations, outbox, peers
from service.store.invitations import MAX_TRIES, Invitation
from service.store.store import Store
from service.workers.operations.pairing import decode_draft, encode_draft
from service.workers.roster import Roster, touch

log = structlog.get_logger()

SECONDS = 60.0
GRACE: Millis = 3_600_000
"""The side that is told of an end waits for so long: the other one wants to hear that it was."""


class Departures:
    def __init__(
        self,
        store: Store,
        roster: Roster,
        client: RelayClient,
        *,
        changed: Callable[[], Awaitable[None]],
        now: Callable[[], Millis],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._roster, self._client = store, roster, client
        self._changed, self._now, self._sleep = changed, now, sleep

    async def run(self) -> None:
        while True:
            await self.once()
            await self._sleep(SECONDS)

    async def once(self) -> None:
        """A relay that does not answer is asked again the next time."""
        for peer in list(self._roster.peers.values()):
            if isinstance(peer, RelayedPeer):
                await self._part(peer)
        for row in await self._store.read(invitations.all):
            await self._give_up(row)

    async def _part(self, peer: RelayedPeer) -> None:
        """From a peer with which no connection is left."""
        shared = [c.record for c in self._roster.connections.values() if c.record.peer == peer.id]
        if any(record.status != "removed" for record in shared):
            return
        told_lately = any(
            record.standing.removed == "there" and record.standing.since > self._now() - GRACE
            for record in shared
        )
        unheard = await self._store.read(lambda c: outbox.count(c, peer.id))
        if told_lately:
            return
        # While the other side has not heard of an end, only a channel that is gone is left.
        if not await (self._is_gone(peer.relay) if unheard else self._leave(peer.relay)):
            return

        def work(c: sa.Connection) -> None:
            for record in shared:
                outbox.remove(c, record.id)
            peers.change(c, peer.id, lambda known: _without(known, peer.relay))
            touch(c)

        await self._store.write(work)
        await self._changed()

    async def _give_up(self, row: Invitation) -> None:
        """A channel in which nobody has paired, or which a later pairing has replaced."""
        draft = decode_draft(row.draft)
        if draft.relay is None or draft.left or draft.role != "inviter":
            return
        if not self._is_over(row) or self._is_met_at(draft.relay):
            return
        if not await self._leave(draft.relay):
            return
        left = encode_draft(msgspec.structs.replace(draft, left=True))
        await self._store.write(lambda c: invitations.set_draft(c, row.id, left))

    def _is_over(self, row: Invitation) -> bool:
        now = self._now()
        if row.used is not None:
            return row.used < now - GRACE
        return row.revoked is not None or row.expires <= now or row.tries >= MAX_TRIES

    def _is_met_at(self, place: RelayPlace) -> bool:
        return any(
            isinstance(peer, RelayedPeer) and peer.relay.channel == place.channel
            for peer in self._roster.peers.values()
        )

    async def _leave(self, place: RelayPlace) -> bool:
        """Also when it was gone already."""
        try:
            await self._client.leave(place)
        except NotThere:
            log.info("relay.channel_gone", channel=place.channel)
        except (PeerError, PeerUnavailable) as error:
            log.info("relay.not_left_yet", channel=place.channel, cause=error.message)
            return False
        else:
            log.info("relay.channel_left", channel=place.channel)
        return True

    async def _is_gone(self, place: RelayPlace) -> bool:
        try:
            await self._client.look(place)
        except NotThere:
            return True
        except (PeerError, PeerUnavailable):
            return False
        return False


def _without(peer: Peer, left: RelayPlace) -> Peer:
    """A pairing that ended meanwhile has brought another channel."""
    if not isinstance(peer, RelayedPeer) or peer.relay != left:
        return peer
    kept = {name: getattr(peer, name) for name in Peer.__struct_fields__}
    return Peer(**kept)
