"""Answers that are kept for a while, so that the same question is asked once for all."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from schemas.values import Millis

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most `most` answers, each for `lasts`. What raises is not kept."""

    def __init__(self, *, now: Callable[[], Millis], lasts: Millis, most: int) -> None:
        self._now, self._lasts, self._most = now, lasts, most
        self._kept: dict[K, tuple[Millis, V]] = {}
        self._asked: dict[K, asyncio.Task[V]] = {}

    async def get(
        self, key: K, ask: Callable[[], Awaitable[V]], *, lasts: Millis | None = None
    ) -> V:
        """`lasts`: an answer that is older does not do for this caller."""
        known = self._kept.get(key)
        lasts = self._lasts if lasts is None else min(lasts, self._lasts)
        if known is not None and self._now() - known[0] < lasts:
            return known[1]
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._ask(key, ask))
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        # A caller that leaves must not take the answer from the others.
        return await asyncio.shield(task)

    def forget(self, concerns: Callable[[K], bool]) -> None:
        """Of these keys the next caller asks anew."""
        for key in [key for key in self._kept if concerns(key)]:
            del self._kept[key]

    async def _ask(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        answer = await ask()
        self._kept.pop(key, None)
        self._kept[key] = (self._now(), answer)
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return answer
