"""How long to wait: as the tracker says, as the rate allows, or longer with each try."""

from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime

Pause = Callable[[float], Awaitable[None]]

_FIRST = 0.2
_LONGEST = 365 * 86400.0


def retry_after(headers: Mapping[str, str], now: int) -> float | None:
    """Seconds from `Retry-After`, which may also be a date; None when it tells nothing."""
    raw = headers.get("Retry-After", "").strip()
    if not raw:
        return None
    try:
        seconds = float(raw)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(raw).timestamp() - now / 1000
        except (ValueError, OverflowError):
            return None
    return min(seconds, _LONGEST) if seconds > 0 else 0.0


def backoff(tried: int, random: float) -> float:
    """Doubles with each try; `random` within [0, 1) spreads callers that failed together."""
    return _FIRST * 2.0**tried * (0.5 + random)


class Pace:
    """A token bucket. Whoever may wait takes a place in the queue at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self._gap = 1000 / rate if rate > 0 else 0.0
        self._slack = self._gap * (max(burst, 1) - 1)
        self._next = 0.0
        """When the next call would fall due if all came evenly (milliseconds)."""

    def wait(self, now: int) -> float:
        """Seconds until the next call may be made."""
        return max(0.0, self._next - self._slack - now) / 1000

    def take(self, now: int) -> None:
        if self._gap:
            self._next = max(self._next, float(now)) + self._gap
