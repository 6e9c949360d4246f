"""Rally, its web services API 2.0: defects, user stories and tasks."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.offer import Adapter, Simulator
from adapters.rally.capabilities import CAPABILITIES, SYSTEM
from adapters.rally.params import RallyParams, parse_params
from adapters.rally.tracker import RallyTracker
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> RallyTracker:
    return RallyTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.rally.simulator:run",
        title="a Rally",
        port=9008,
        project="Harbour",
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "RallyParams",
    "RallyTracker",
    "open_tracker",
    "parse_params",
]
