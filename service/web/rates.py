"""How often somebody may do something: a bucket of tokens per caller."""

import math
from collections.abc import Callable

from schemas.values import Millis

_MOST = 20_000
"""Callers that are remembered; the fullest, who did least, are forgotten first."""


class Rates:
    """Each caller may act `per_second` times on average, and `burst` times at once."""

    def __init__(self, per_second: float, burst: float, *, now: Callable[[], Millis]) -> None:
        self._now = now
        self.allow(per_second, burst)
        self._buckets: dict[str, tuple[float, Millis]] = {}

    def allow(self, per_second: float, burst: float) -> None:
        """From now on; nobody has more at once than the new `burst`."""
        self._per_second = per_second
        self._burst = burst

    def wait(self, caller: str) -> float:
        """Seconds until the caller may act; 0.0 when it may now."""
        missing = 1.0 - self._tokens(caller)
        return missing / self._per_second if missing > 0 else 0.0

    def take(self, caller: str) -> float:
        """As `wait`; when it may, that counts."""
        seconds = self.wait(caller)
        if not seconds:
            self._put(caller, self._tokens(caller) - 1.0)
        return seconds

    def give_back(self, caller: str) -> None:
        """What was taken does not count after all."""
        self._put(caller, min(self._burst, self._tokens(caller) + 1.0))

    def _tokens(self, caller: str) -> float:
        known = self._buckets.get(caller)
        if known is None:
            return self._burst
        tokens, at = known
        passed = max(0, self._now() - at) / 1000
        return min(self._burst, tokens + passed * self._per_second)

    def _put(self, caller: str, tokens: float) -> None:
        if caller not in self._buckets and len(self._buckets) >= _MOST:
            self._forget()
        self._buckets[caller] = (tokens, self._now())

    def _forget(self) -> None:
        by_need = sorted(self._buckets, key=self._tokens)
        self._buckets = {caller: self._buckets[caller] for caller in by_need[: _MOST // 2]}


def retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
