"""What was asked once and is kept for some minutes."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from schemas.values import Millis

T = TypeVar("T")

_KEPT = 10 * 60 * 1000
_MOST = 10_000


class Memory:
    def __init__(self, now: Callable[[], Millis]) -> None:
        self._now = now
        self._known: dict[Hashable, tuple[Millis, Any]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        until, value = self._known.get(key, (0, None))
        if self._now() < until:
            known: T = value
            return known
        fresh = await ask()
        self.put(key, fresh)
        return fresh

    def put(self, key: Hashable, value: object) -> None:
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = (self._now() + _KEPT, value)

    def held(self, key: Hashable) -> Any:
        """None when it was never asked, whatever its age."""
        return self._known.get(key, (0, None))[1]

    def forget(self, *keys: Hashable) -> None:
        """Before a name that is not known is refused: somebody may just have made it. Without a
        key everything."""
        if not keys:
            self._known.clear()
        for key in keys:
            self._known.pop(key, None)
