"""Redmine, its REST API."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.offer import Adapter, Simulator
from adapters.redmine.capabilities import CAPABILITIES, SYSTEM
from adapters.redmine.params import RedmineParams, parse_params
from adapters.redmine.tracker import RedmineTracker
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> RedmineTracker:
    return RedmineTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.redmine.simulator:run",
        title="a Redmine",
        port=9004,
        project="sim",
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "RedmineParams",
    "RedmineTracker",
    "open_tracker",
    "parse_params",
]
