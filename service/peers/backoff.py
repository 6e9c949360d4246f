"""How long to leave a peer in peace that does not answer."""

from collections.abc import Callable

_FIRST = 0.5
_LONGEST = 60.0


class Backoff:
    """Doubles from half a second to a minute, each shortened by a random part of up to a half."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._failures = 0

    def reset(self) -> None:
        self._failures = 0

    def next(self, *, at_least: float = 0.0) -> float:
        """Seconds to wait after one more failure."""
        full = min(_LONGEST, _FIRST * float(1 << min(self._failures, 16)))
        self._failures += 1
        return max(at_least, full * (1 - self._random() / 2))
