"""Faults as GitHub words them, and its rate limits."""

from collections.abc import Callable

import msgspec

from adapters import simulation
from adapters.github.simulator.model import Refused


class Fault(simulation.Fault, kw_only=True):
    """With the words of GitHub's refusals in place of a `body`."""

    message: str = "The simulated fault"

    def refusal(self) -> Refused:
        return Refused(self.status, self.message, headers=self.headers)


class RateLimit(msgspec.Struct):
    """GitHub's primary limit: so many calls until the hour is over."""

    limit: int = 5000
    used: int = 0
    reset: int = 0
    """Seconds since 1970."""


class Faults(simulation.Faults):
    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__(Fault)
        self.limit = RateLimit()
        self.writes_a_minute: int | None = None
        """GitHub's secondary limit; None switches it off."""
        self._now = now
        self._writes: list[int] = []

    def spend(self, method: str) -> dict[str, str]:
        """The headers of the limit. Raises Refused when one is met."""
        limit, now = self.limit, self._now()
        if now >= limit.reset * 1000:
            limit.used, limit.reset = 0, now // 1000 + 3600
        if limit.used >= limit.limit:
            raise Refused(403, "API rate limit exceeded for user ID 1.", headers=self._told(0))
        limit.used += 1
        if method != "GET":
            self._spend_write(now)
        return self._told(limit.limit - limit.used)

    def _spend_write(self, now: int) -> None:
        if self.writes_a_minute is None:
            return
        self._writes = [at for at in self._writes if at > now - 60_000]
        if len(self._writes) >= self.writes_a_minute:
            wait = -(-(self._writes[0] + 60_000 - now) // 1000)
            raise Refused(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes.",
                headers={"Retry-After": str(wait)},
            )
        self._writes.append(now)

    def _told(self, remaining: int) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit.limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(self.limit.reset),
            "X-RateLimit-Resource": "core",
        }
