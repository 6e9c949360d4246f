"""OpenText ALM / Quality Center, its REST API."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.alm.capabilities import CAPABILITIES, SYSTEM
from adapters.alm.params import AlmParams, parse_params
from adapters.alm.tracker import AlmTracker
from adapters.offer import Adapter, Simulator
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> AlmTracker:
    return AlmTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.alm.simulator:run",
        title="an ALM",
        port=9007,
        project="sim",
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "AlmParams",
    "AlmTracker",
    "open_tracker",
    "parse_params",
]
