"""The clock that the daemon hands to everything that asks for the time."""

import time
from collections.abc import Callable

from schemas.values import Millis

Now = Callable[[], Millis]


def wall_clock() -> Millis:
    return time.time_ns() // 1_000_000
