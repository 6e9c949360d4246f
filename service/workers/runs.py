"""This process's run: a random id, registered in the database anew every hour."""

import asyncio
from collections.abc import Callable

from schemas.values import Millis
from service.store import runs, settings
from service.store.store import Store

HOUR_SECONDS = 3600.0
_TOLD = 24
_CLAIM = "node.claim"


class Runs:
    """A copy of the database, or an older state of it, does not know runs registered since."""

    def __init__(
        self, store: Store, *, now: Callable[[], Millis], new_id: Callable[[], str]
    ) -> None:
        self._store = store
        self._now = now
        self._new_id = new_id
        self.current = ""
        self.lately: tuple[str, ...] = ()
        self.claim = 0

    async def register(self) -> None:
        """The list is read after the new run was committed: of two processes that share a
        database, at least the later one then knows the other."""
        fresh = self._new_id()[:16]
        now = self._now()
        await self._store.write(lambda c: runs.register(c, fresh, now))
        self.lately = tuple(await self._store.read(lambda c: runs.newest(c, _TOLD)))
        self.current = fresh
        await self.refresh()

    async def refresh(self) -> None:
        """Another process may have registered itself, or made a claim."""
        read = await self._store.read(lambda c: (runs.newest(c, _TOLD), settings.get(c, _CLAIM)))
        self.lately = tuple(read[0])
        self.claim = int.from_bytes(read[1] or b"", "big")

    async def known(self, run: str) -> bool:
        return run in self.lately or await self._store.read(lambda c: runs.known(c, run))

    async def make_claim(self) -> int:
        """A number above all that copies of this database made before."""
        claim = max(self._now(), self.claim + 1)
        raw = claim.to_bytes(8, "big")
        await self._store.write(lambda c: settings.put(c, _CLAIM, raw))
        self.claim = claim
        return claim

    async def run(self) -> None:
        while True:
            await asyncio.sleep(HOUR_SECONDS)
            await self.register()
