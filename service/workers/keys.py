"""Changes of this node's own keys: by the week, and when an administrator says so."""

import asyncio
from collections.abc import Callable

import msgspec
import sqlalchemy as sa
import structlog

from schemas.errors import ConfigurationError
from schemas.node import Activity
from schemas.values import Millis
from service.peers import key_ring
from service.peers.identity import NodeIdentity, RandomBytes
from service.peers.key_ring import KeyRing
from service.store import activity
from service.store import identity as identities
from service.store.store import Store
from service.workers.roster import touch

log = structlog.get_logger()

LOOK_SECONDS = 3600.0
RISE_AT_MOST_EVERY: Millis = 60_000


class KeyDesk:
    """Peers learn of each change by the card in the next exchange. `told` rings for them."""

    def __init__(
        self,
        store: Store,
        identity: NodeIdentity,
        *,
        now: Callable[[], Millis],
        random_bytes: RandomBytes,
        told: Callable[[], None],
    ) -> None:
        self._store, self._identity = store, identity
        self._now, self._random_bytes, self._told = now, random_bytes, told
        self._rose: Millis = 0

    async def refresh(self) -> None:
        """Another daemon on the same store may have changed the keys."""
        vault = self._store.vault
        own = await self._store.read(lambda c: identities.get(c, vault))
        if own is not None:
            ring = key_ring.from_bytes(own.keys)
            if ring.serial != self._identity.serial:
                self._identity.adopt(ring)

    async def rotate_message_key(self) -> None:
        await self._change(
            "node.key_rotated",
            lambda ring, now: key_ring.with_new_message_key(ring, self._random_bytes, now),
        )

    async def rotate_identity(self) -> None:
        await self._change(
            "node.identity_rotated",
            lambda ring, now: key_ring.with_new_identity(ring, self._random_bytes, now),
        )

    async def set_url(self, url: str) -> None:
        if url != self._identity.ring.url:
            await self._change(
                "node.url_changed", lambda ring, now: key_ring.with_url(ring, url, now)
            )

    async def rise_above(self, serial: int) -> None:
        """A peer has a card of ours with a higher serial: a backup has forgotten it. Numbers that
        lie in the future are none of ours, and a peer that names ever higher ones is not followed
        at once: each change is told to all peers."""
        now = self._now()
        if serial <= now + 86_400_000 and now - self._rose >= RISE_AT_MOST_EVERY:
            self._rose = now
            await self._change(
                "node.card_renewed",
                lambda ring, now: key_ring.with_serial_above(ring, serial, now),
            )

    async def look(self) -> None:
        """What is due: a fresh key after a week, and old ones forgotten."""
        now = self._now()
        ring = self._identity.ring
        if key_ring.message_key_is_old(ring, now):
            await self.rotate_message_key()
        elif key_ring.without_expired(ring, now) != ring:
            await self._change("node.keys_expired", key_ring.without_expired)

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _change(self, event: str, change: Callable[[KeyRing, Millis], KeyRing]) -> None:
        vault = self._store.vault

        def work(c: sa.Connection) -> KeyRing:
            own = identities.get(c, vault, for_update=True)
            if own is None:
                raise ConfigurationError("This node has no identity yet.", remedy="Start it first.")
            ring = change(key_ring.from_bytes(own.keys), self._now())
            fresh = NodeIdentity(ring)
            record = msgspec.structs.replace(own, id=fresh.id, keys=key_ring.to_bytes(ring))
            identities.put(c, vault, record, serial=ring.serial)
            detail = {"serial": ring.serial, "node": fresh.id}
            activity.append(c, Activity(at=self._now(), event=event, detail=detail))
            touch(c)
            return ring

        self._identity.adopt(await self._store.write(work))
        log.info(event, node=self._identity.id, serial=self._identity.serial)
        self._told()
