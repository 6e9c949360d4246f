"""Nonces of requests already seen, kept until the signatures that carry them expire."""

from collections import deque
from collections.abc import Callable

from schemas.values import Millis


class RecentNonces:
    """In memory. A request signed before this process began is refused as if it were a repeat, so
    a restart opens no window; the caller signs afresh and tries again."""

    def __init__(self, *, now: Callable[[], Millis]) -> None:
        self._now = now
        self._began = now() // 1000
        self._seen: set[tuple[str, str]] = set()
        self._order: deque[tuple[Millis, tuple[str, str]]] = deque()

    async def remember(self, key_id: str, nonce: str, *, created: int, expires: Millis) -> bool:
        """False when the nonce was used before."""
        now = self._now()
        while self._order and self._order[0][0] < now:
            self._seen.discard(self._order.popleft()[1])
        entry = (key_id, nonce)
        if entry in self._seen or created < self._began:
            return False
        self._seen.add(entry)
        self._order.append((expires, entry))
        return True
