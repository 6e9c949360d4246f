"""Breakers: while a tracker is down or limits us, its work waits and burns no attempts."""

from collections.abc import Callable

import msgspec
import structlog

from schemas.errors import Fault, TidegateError
from schemas.values import Millis
from service.sync.retry import Retry, decide_retry

log = structlog.get_logger()


class Open(msgspec.Struct, frozen=True):
    until: Millis
    since: Millis
    fault: Fault
    message: str
    remedy: str
    trips: int


class Breakers:
    """By connector. Half-open is simply the first work after `until`."""

    def __init__(self, *, now: Callable[[], Millis], random: Callable[[], float]) -> None:
        self._now = now
        self._random = random
        self._open: dict[str, Open] = {}

    def waits_until(self, connector: str) -> Millis | None:
        """None when work may be tried."""
        breaker = self._open.get(connector)
        if breaker is None or breaker.until <= self._now():
            return None
        return breaker.until

    def state(self, connector: str) -> Open | None:
        return self._open.get(connector)

    def trip(self, connector: str, error: TidegateError, retry_after: float | None) -> Millis:
        """Opens, or opens for longer; answers until when."""
        known = self._open.get(connector)
        now = self._now()
        if known is not None and known.until > now:
            return known.until
        trips = known.trips + 1 if known else 1
        decision = decide_retry(error.fault, trips, retry_after=retry_after, jitter=self._random())
        delay = decision.delay if isinstance(decision, Retry) else 60_000
        self._open[connector] = Open(
            until=now + delay,
            since=known.since if known else now,
            fault=error.fault,
            message=error.message,
            remedy=error.remedy,
            trips=trips,
        )
        if known is None:
            log.warning("connector.broken", connector=connector, fault=error.fault, error=error)
        return now + delay

    def reset(self, connector: str) -> None:
        """A call went through."""
        known = self._open.pop(connector, None)
        if known is not None:
            log.info("connector.back", connector=connector, since=known.since)
