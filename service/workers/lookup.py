"""Which issues have a twin, asked of the store for all callers of a moment at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

Place = tuple[str, str]
"""The name of a connector, and an issue in it."""


class _Batch:
    def __init__(self) -> None:
        self.places: set[Place] = set()
        self.found: asyncio.Task[set[Place]] | None = None


class TwinLookup:
    """One question is under way at a time; what is asked meanwhile waits and goes together."""

    def __init__(self, read: Callable[[set[Place]], Awaitable[set[Place]]]) -> None:
        self._read = read
        self._turn = asyncio.Lock()
        self._next = _Batch()

    async def under_sync(self, places: Iterable[Place]) -> set[Place]:
        """More than was asked may be in the answer. Raises what reading raises."""
        batch = self._next
        batch.places.update(places)
        if batch.found is None:
            batch.found = asyncio.create_task(self._find(batch))
        # A caller that leaves must not take the answer from the others.
        return await asyncio.shield(batch.found)

    async def _find(self, batch: _Batch) -> set[Place]:
        async with self._turn:
            self._next = _Batch()
            return await self._read(batch.places)
