"""Azure DevOps Services and Server behind the tracker port."""

from collections.abc import Callable
from typing import Any

import aiohttp

from adapters.azure_devops.capabilities import CAPABILITIES, SYSTEM
from adapters.azure_devops.params import AzureDevOpsParams, parse_params
from adapters.azure_devops.tracker import AzureDevOpsTracker
from adapters.offer import Adapter, Option, Simulator
from schemas.values import Millis


def open_tracker(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> AzureDevOpsTracker:
    return AzureDevOpsTracker(connector, parse_params(params), session, now)


ADAPTER = Adapter(
    CAPABILITIES,
    open_tracker,
    Simulator(
        run="adapters.azure_devops.simulator:run",
        title="an Azure DevOps",
        port=9002,
        project="Tidegate",
        options=(
            Option("webhook_user", "of the webhooks' basic authentication"),
            Option("webhook_password", "of the same user", secret=True),
        ),
    ),
)

__all__ = [
    "ADAPTER",
    "CAPABILITIES",
    "SYSTEM",
    "AzureDevOpsParams",
    "AzureDevOpsTracker",
    "open_tracker",
    "parse_params",
]
