"""Requests that are turned away: each counted, and told of in the log once in a while."""

from collections.abc import Callable
from typing import Literal

import structlog

from schemas.values import Millis
from service.metrics import Metrics

log = structlog.get_logger()

Door = Literal["peers", "relay", "hooks", "admin", "other"]
Reason = Literal[
    "address", "connections", "credentials", "encoding", "malformed", "not_found", "other",
    "rate", "size", "slow",
]  # fmt: skip

LOG_MS: Millis = 60_000
_BY_STATUS: dict[int, Reason] = {
    400: "malformed", 401: "credentials", 403: "credentials", 404: "not_found", 405: "not_found",
    408: "slow", 413: "size", 415: "encoding", 429: "rate", 431: "size",
}  # fmt: skip
_BY_PATH: dict[str, Door] = {"/peer/": "peers", "/relay/": "relay", "/hooks/": "hooks"}


def reason_of(status: int) -> Reason:
    return _BY_STATUS.get(status, "other")


def door_of(path: str) -> Door:
    return next((door for begin, door in _BY_PATH.items() if path.startswith(begin)), "other")


class Refusals:
    """A caller who is refused a thousand times a second fills no disk."""

    def __init__(self, metrics: Metrics, *, now: Callable[[], Millis]) -> None:
        self._metrics = metrics
        self._now = now
        self._untold: dict[tuple[Door, Reason], int] = {}
        self._told: dict[tuple[Door, Reason], Millis] = {}

    def note(self, door: Door, reason: Reason, *, cause: str = "", caller: str = "") -> None:
        self._metrics.refused_requests.labels(door, reason).inc()
        kind = (door, reason)
        count = self._untold.get(kind, 0) + 1
        now = self._now()
        if now - self._told.get(kind, -LOG_MS) < LOG_MS:
            self._untold[kind] = count
            return
        self._told[kind] = now
        self._untold[kind] = 0
        log.warning(
            "web.refused", door=door, reason=reason, count=count, cause=cause, caller=caller
        )
