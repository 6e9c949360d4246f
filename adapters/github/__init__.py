"""GitHub issues, on github.com and GitHub Enterprise Server."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.github.capabilities import CAPABILITIES, SYSTEM
from adapters.github.params import GitHubParams, parse_params
from adapters.github.tracker import GitHubTracker
from adapters.offer import Adapter, Option, Simulator
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> GitHubTracker:
    return GitHubTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.github.simulator:run",
        title="a GitHub",
        port=9003,
        project="sim/project",
        options=(Option("webhook_secret", "signs webhooks", secret=True),),
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "GitHubParams",
    "GitHubTracker",
    "open_tracker",
    "parse_params",
]
