"""Jira Data Center and Server, REST v2."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.jira.capabilities import CAPABILITIES, SYSTEM
from adapters.jira.params import JiraParams, parse_params
from adapters.jira.tracker import JiraTracker
from adapters.offer import Adapter, Simulator
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> JiraTracker:
    return JiraTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.jira.simulator:run",
        title="a Jira Data Center",
        port=9001,
        project="SIM",
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "JiraParams",
    "JiraTracker",
    "open_tracker",
    "parse_params",
]
