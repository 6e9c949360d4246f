"""Which version of the REST API is spoken: a server of a company's own may know older ones only."""

import re
from typing import Literal

from schemas.errors import TrackerError

Resource = Literal["", "comments", "connection"]
"""'' is everything but the two that never left their preview."""

_STABLE = ("7.1", "7.0", "6.0", "5.1")
"""Services and Server 2022.1; Server 2022; 2020; 2019 Update 1, which is the first that takes
comments. Newest first."""
_COMMENTS = {
    "7.1": "7.1-preview.4",
    "7.0": "7.0-preview.3",
    "6.0": "6.0-preview.3",
    "5.1": "5.1-preview.3",
}
_NEWEST_TOLD = re.compile(r"latest REST API version this server supports is (\d+)\.(\d+)", re.I)


class Versions:
    """Begins with the newest; the first refusal tells how far a server goes."""

    def __init__(self, fixed: str = "", fixed_comments: str = "") -> None:
        self._current = fixed or _STABLE[0]
        self._fixed = bool(fixed)
        self._comments = fixed_comments

    def of(self, resource: Resource) -> str:
        if resource == "connection":
            return f"{self._current}-preview"
        if resource == "comments":
            return self._comments or _COMMENTS.get(self._current, f"{self._current}-preview")
        return self._current

    def lower(self, error: TrackerError) -> bool:
        """True when `error` refuses the version, and an older one is worth a try."""
        told = _NEWEST_TOLD.search(error.message) if error.status == 400 else None
        if told is None or self._fixed:
            return False
        newest = (int(told[1]), int(told[2]))
        known = next((one for one in _STABLE if _numbers(one) <= newest), None)
        if known is None or _numbers(known) >= _numbers(self._current):
            return False
        self._current = known
        return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
