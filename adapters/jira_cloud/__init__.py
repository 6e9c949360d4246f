"""Jira Cloud, REST v3."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.jira_cloud.capabilities import CAPABILITIES, SYSTEM
from adapters.jira_cloud.params import CloudParams, parse_params
from adapters.jira_cloud.tracker import JiraCloudTracker
from adapters.offer import Adapter, Option, Simulator
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> JiraCloudTracker:
    return JiraCloudTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.jira_cloud.simulator:run",
        title="a Jira Cloud",
        port=9006,
        project="SIM",
        options=(Option("webhook_secret", "signs webhooks", secret=True),),
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "CloudParams",
    "JiraCloudTracker",
    "open_tracker",
    "parse_params",
]
