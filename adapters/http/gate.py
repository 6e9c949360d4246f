"""When a call may be made: after what the tracker asked for, and at the connector's own rate."""

from collections.abc import Callable

import structlog

from adapters.http.call import Call
from adapters.http.dialect import Limit, Scope
from adapters.http.settings import HttpSettings
from adapters.http.waits import Pace, Pause
from schemas.errors import Fault, TrackerError
from schemas.values import Millis

log = structlog.get_logger()

_LEAST = 0.05
"""A date in the past or a clock that stands still must not turn waiting into a busy loop."""
_UNTOLD = 1.0
_MOST_PLACES = 1000
_EVERYWHERE = ""
_WRITES = "writes"


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
        self._resume: dict[str, Millis] = {}
        """By place: when calls there may go on."""

    async def enter(self, call: Call, patience: Patience) -> None:
        """Waits for the call's turn. THROTTLED, and nothing sent, when that takes too long."""
        now = self._now()
        paces = (self._all, self._writes) if call.write else (self._all,)
        asked = {place: at for place in _places(call) if (at := self._resume.get(place, 0))}
        wait = max(
            0.0,
            *((at - now) / 1000 for at in asked.values()),
            *(pace.wait(now) for pace in paces),
        )
        if wait > 0 and not patience.spend(max(wait, _LEAST)):
            raise self._too_long(call, wait)
        for pace in paces:
            pace.take(now)
        if wait > 0:
            await self._pause(max(wait, _LEAST))
        # Whatever the clock says, these limits have been waited for.
        for place, at in asked.items():
            if self._resume.get(place) == at:
                del self._resume[place]

    def hold(self, call: Call, seconds: float | None, scope: Scope) -> None:
        """The tracker refused a call: none like it is made before that time."""
        wait = _UNTOLD if seconds is None else seconds
        log.info("tracker.throttled", connector=self._settings.connector, retry_after=wait)
        self._close(_place(call, scope), max(wait, _LEAST))

    def note(self, call: Call, limit: Limit) -> None:
        if limit.wait > 0:
            self._close(_WRITES if limit.writes_only else _place(call, limit.scope), limit.wait)

    def _close(self, place: str, seconds: float) -> None:
        now = self._now()
        if len(self._resume) >= _MOST_PLACES:
            self._resume = {name: at for name, at in self._resume.items() if at > now}
        self._resume[place] = max(self._resume.get(place, 0), now + int(seconds * 1000))

    def _too_long(self, call: Call, wait: float) -> TrackerError:
        return TrackerError(
            Fault.THROTTLED,
            f"{self._settings.title} limits the rate of calls; the call to {call.what}"
            " was not made.",
            remedy=f"Nothing to do, or raise the account's rate limit in {self._settings.title}.",
            status=429,
            retry_after=wait,
        )


def _places(call: Call) -> tuple[str, ...]:
    places = [_EVERYWHERE]
    if call.write:
        places.append(_WRITES)
    if call.group:
        places.append(_place(call, "group"))
    if call.lane:
        places.append(_place(call, "lane"))
    return tuple(places)


def _place(call: Call, scope: Scope) -> str:
    if scope == "group" and call.group:
        return "group " + call.group
    if scope == "lane" and call.lane:
        return "lane " + call.lane
    return _EVERYWHERE
