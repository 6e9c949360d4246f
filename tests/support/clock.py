"""A clock that the test turns, for code that is handed its time."""

from collections.abc import Callable

START = 1_790_000_000_123


class Clock:
    """Real where the other side is a real server; else it stands still until it is turned."""

    def __init__(self, now: Callable[[], int] | None = None, start: int = START) -> None:
        self._real = now
        self.millis = start
        self.pauses: list[float] = []
        """What was waited for, in seconds."""

    def __call__(self) -> int:
        return self._real() if self._real else self.millis

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.pass_(seconds)

    def pass_(self, seconds: float) -> None:
        self.millis += int(seconds * 1000)
