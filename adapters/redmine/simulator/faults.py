"""Faults as Redmine answers them, and the rate limit of a proxy."""

from collections.abc import Callable

import msgspec

from adapters import simulation
from adapters.redmine.simulator.model import Refused


class Fault(simulation.Fault, kw_only=True):
    """Redmine says nothing of what is wrong; so there is no `body`."""

    def refusal(self) -> Refused:
        return Refused(self.status, headers=self.headers)


class RateLimit(msgspec.Struct):
    """As a proxy in front has it: so many calls in each period."""

    capacity: int
    interval: int = 1
    """Seconds."""
    left: int = 0
    period: int = -1


class Faults(simulation.Faults):
    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__(Fault)
        self.limit: RateLimit | None = None
        self._now = now

    def spend(self) -> None:
        """Raises Refused 429 when the period's calls are used up."""
        limit = self.limit
        if limit is None:
            return
        period = self._now() // (limit.interval * 1000)
        if period != limit.period:
            limit.period, limit.left = period, limit.capacity
        if limit.left <= 0:
            raise Refused(429, headers={"Retry-After": str(limit.interval)})
        limit.left -= 1
