"""What hardly changes, remembered for a while."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from schemas.values import Millis

T = TypeVar("T")

_FOR = 10 * 60 * 1000
_MOST = 1000


class Memory(Generic[T]):
    def __init__(self, now: Callable[[], Millis]) -> None:
        self._now = now
        self._held: OrderedDict[str, tuple[T, Millis]] = OrderedDict()

    async def get(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """A failed read is not remembered."""
        held = self._held.get(key)
        if held is not None and self._now() < held[1]:
            return held[0]
        value = await read()
        self._held[key] = (value, self._now() + _FOR)
        self._held.move_to_end(key)
        if len(self._held) > _MOST:
            self._held.popitem(last=False)
        return value

    def forget(self, key: str) -> None:
        self._held.pop(key, None)
