"""SD Elements: the tasks of a project as issues, REST v2."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.offer import Adapter, Simulator
from adapters.sd_elements.capabilities import CAPABILITIES, SYSTEM
from adapters.sd_elements.params import SdElementsParams, parse_params
from adapters.sd_elements.tracker import SdElementsTracker
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> SdElementsTracker:
    return SdElementsTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.sd_elements.simulator:run",
        title="an SD Elements",
        port=9005,
        project="1",
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "SdElementsParams",
    "SdElementsTracker",
    "open_tracker",
    "parse_params",
]
