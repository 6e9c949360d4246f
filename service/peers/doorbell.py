"""Wakes whoever waits for something to send to a peer. Rung on the event loop, after the commit."""

import asyncio
from collections import defaultdict


class Doorbell:
    """Count first, then look for work, then wait for the count to change: no ring is missed."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def count(self, peer: str) -> int:
        return self._counts[peer]

    def ring(self, peer: str) -> None:
        self._counts[peer] += 1
        for waiter in self._waiting.pop(peer, ()):
            if not waiter.done():
                waiter.set_result(None)

    def ring_all(self) -> None:
        for peer in list(self._waiting):
            self.ring(peer)

    async def wait(self, peer: str, seen: int, seconds: float) -> bool:
        """True when it rang since `seen` was counted; False when the time has passed."""
        if self._counts[peer] != seen:
            return True
        waiter = asyncio.get_running_loop().create_future()
        waiters = self._waiting[peer]
        waiters.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            return False
        finally:
            waiters.discard(waiter)
        return True
