"""When a call may be made: after what the tracker asked for, and at the connector's own rate."""

from collections.abc import Callable

import structlog

from adapters.http.call import Call
from adapters.http.dialect import Limit
from adapters.http.settings import HttpSettings
from adapters.http.waits import Pace, Pause
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

log = structlog.get_logger()

_LEAST = 0.05
"""A date in the past or a clock that stands still must not turn waiting into a busy loop."""
_UNTOLD = 1.0


class Patience:
    """What one call may still wait, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def spend(self, seconds: float) -> bool:
        """False, and nothing spent, when that is too long."""
        if seconds > self._left:
            return False
        self._left -= seconds
        return True


class Gate:
    def __init__(self, settings: HttpSettings, now: Callable[[], Millis], pause: Pause) -> None:
        self._settings = settings
        self._now = now
        self._pause = pause
        self._all = Pace(settings.rate, settings.burst)
        self._writes = Pace(settings.write_rate, settings.write_burst)
        self._resume_at = 0
        self._writes_resume_at = 0

    async def enter(self, call: Call, patience: Patience) -> None:
        """Waits for the call's turn. THROTTLED, and nothing sent, when that takes too long."""
        now = self._now()
        paces = (self._all, self._writes) if call.write else (self._all,)
        asked = self._resume_at
        if call.write:
            asked = max(asked, self._writes_resume_at)
        wait = max((asked - now) / 1000, *(pace.wait(now) for pace in paces))
        if wait > 0 and not patience.spend(max(wait, _LEAST)):
            raise self._too_long(call, wait)
        for pace in paces:
            pace.take(now)
        if wait > 0:
            await self._pause(max(wait, _LEAST))
            # Whatever the clock says, this limit has been waited for.
            if self._resume_at <= asked:
                self._resume_at = 0
            if self._writes_resume_at <= asked:
                self._writes_resume_at = 0

    def hold(self, seconds: float | None) -> None:
        """The tracker refused a call: none is made before that time."""
        wait = _UNTOLD if seconds is None else seconds
        log.info("tracker.throttled", connector=self._settings.connector, retry_after=wait)
        self._resume_at = max(self._resume_at, self._now() + int(max(wait, _LEAST) * 1000))

    def note(self, limit: Limit) -> None:
        if limit.wait <= 0:
            return
        until = self._now() + int(limit.wait * 1000)
        if limit.writes_only:
            self._writes_resume_at = max(self._writes_resume_at, until)
        else:
            self._resume_at = max(self._resume_at, until)

    def _too_long(self, call: Call, wait: float) -> TrackerError:
        return TrackerError(
            Fault.THROTTLED,
            f"{self._settings.title} limits the rate of calls; the call to {call.what}"
            " was not made.",
            remedy=f"Nothing to do, or raise the account's rate limit in {self._settings.title}.",
            status=429,
            retry_after=wait,
        )
