"""Faults as Jira words them, and its rate limit."""

from collections.abc import Callable

import msgspec

from adapters import simulation
from adapters.jira.simulator.model import Refused


class Fault(simulation.Fault, kw_only=True):
    """With the parts of Jira's refusals in place of a `body`."""

    messages: tuple[str, ...] = ("The simulated fault",)
    errors: dict[str, str] = msgspec.field(default_factory=dict)

    def refusal(self) -> Refused:
        return Refused(self.status, *self.messages, errors=self.errors, headers=self.headers)


class RateLimit(msgspec.Struct):
    """A token bucket as Jira Data Center has it, one for all callers."""

    capacity: int
    interval: int = 1
    """Seconds after which `fill` tokens are added."""
    fill: int = 10
    tokens: int = 0
    filled_at: int = 0


class Faults(simulation.Faults):
    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__(Fault)
        self.limit: RateLimit | None = None
        self._now = now

    def spend(self) -> dict[str, str]:
        """The headers of the limit. Raises Refused 429 when the bucket is empty."""
        limit = self.limit
        if limit is None:
            return {}
        now = self._now()
        periods = (now - limit.filled_at) // (limit.interval * 1000)
        if periods > 0:
            limit.tokens = min(limit.capacity, limit.tokens + periods * limit.fill)
            limit.filled_at = now
        headers = {
            "X-RateLimit-Limit": str(limit.capacity),
            "X-RateLimit-Interval-Seconds": str(limit.interval),
            "X-RateLimit-FillRate": str(limit.fill),
        }
        if limit.tokens <= 0:
            headers |= {"X-RateLimit-Remaining": "0", "Retry-After": str(limit.interval)}
            raise Refused(429, "Rate limit exceeded.", headers=headers)
        limit.tokens -= 1
        wait = limit.interval if limit.tokens == 0 else 0
        headers |= {"X-RateLimit-Remaining": str(limit.tokens), "Retry-After": str(wait)}
        return headers
