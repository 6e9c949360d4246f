"""Writes that must go one after the other, such as those to one issue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec


class _Lane(msgspec.Struct):
    lock: asyncio.Lock
    users: int = 0


class Lanes:
    """A lane is kept only while somebody is in it or waits for it."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def enter(self, name: str) -> AsyncIterator[None]:
        """'' is no lane: whoever names none waits for nobody."""
        if not name:
            yield
            return
        lane = self._lanes.setdefault(name, _Lane(asyncio.Lock()))
        lane.users += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.users -= 1
            if not lane.users:
                del self._lanes[name]

    def __len__(self) -> int:
        return len(self._lanes)
