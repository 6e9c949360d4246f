"""The tracker systems that this node knows, each with its adapter."""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import msgspec

from adapters import azure_devops, jira
from adapters.port import Capabilities, Tracker
from schemas.errors import ConfigurationError
from schemas.values import Millis

OpenTracker = Callable[[str, dict[str, Any], aiohttp.ClientSession, Callable[[], Millis]], Tracker]


class System(msgspec.Struct, frozen=True):
    capabilities: Capabilities
    open: OpenTracker
    """(connector's name, params, session, clock); raises `ConfigurationError` for wrong params."""


def _open_jira(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> Tracker:
    return jira.JiraTracker(connector, jira.parse_params(params), session, now)


def _open_azure_devops(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> Tracker:
    parsed = azure_devops.parse_params(params)
    return azure_devops.AzureDevOpsTracker(connector, parsed, session, now)


SYSTEMS: Mapping[str, System] = {
    jira.SYSTEM: System(jira.CAPABILITIES, _open_jira),
    azure_devops.SYSTEM: System(azure_devops.CAPABILITIES, _open_azure_devops),
}


def system(name: str) -> System:
    found = SYSTEMS.get(name)
    if found is None:
        raise ConfigurationError(
            f"There is no adapter for the system {name!r}.",
            remedy=f"Supported systems: {', '.join(sorted(SYSTEMS))}.",
        )
    return found
