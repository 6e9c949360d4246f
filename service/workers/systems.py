"""The tracker systems that this node knows, each with its adapter."""

import ssl
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import msgspec

from adapters import azure_devops, github, jira, rally, redmine, sd_elements
from adapters.http import TLS_SETTINGS, tls_context
from adapters.port import Capabilities, Tracker
from schemas.errors import ConfigurationError
from schemas.node import Connector
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


def _open_github(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> Tracker:
    return github.GitHubTracker(connector, github.parse_params(params), session, now)


def _open_rally(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> Tracker:
    return rally.RallyTracker(connector, rally.parse_params(params), session, now)


def _open_redmine(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> Tracker:
    return redmine.RedmineTracker(connector, redmine.parse_params(params), session, now)


def _open_sd_elements(
    connector: str,
    params: dict[str, Any],
    session: aiohttp.ClientSession,
    now: Callable[[], Millis],
) -> Tracker:
    parsed = sd_elements.parse_params(params)
    return sd_elements.SdElementsTracker(connector, parsed, session, now)


SYSTEMS: Mapping[str, System] = {
    jira.SYSTEM: System(jira.CAPABILITIES, _open_jira),
    azure_devops.SYSTEM: System(azure_devops.CAPABILITIES, _open_azure_devops),
    github.SYSTEM: System(github.CAPABILITIES, _open_github),
    rally.SYSTEM: System(rally.CAPABILITIES, _open_rally),
    redmine.SYSTEM: System(redmine.CAPABILITIES, _open_redmine),
    sd_elements.SYSTEM: System(sd_elements.CAPABILITIES, _open_sd_elements),
}


ALLOW_NETWORKS = "allow_networks"
OF_SESSION = TLS_SETTINGS | {ALLOW_NETWORKS}
"""Params of every connector; they are about the way to the tracker, so the adapters do not know
them."""


def allowed_networks(record: Connector) -> tuple[str, ...]:
    """Raises `ConfigurationError`."""
    try:
        return msgspec.convert(record.params.get(ALLOW_NETWORKS, ()), tuple[str, ...])
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            f"The setting {ALLOW_NETWORKS!r} is no list of networks: {error}.",
            remedy='Write it as ["10.0.0.0/8"].',
        ) from error


def tls_of(record: Connector) -> ssl.SSLContext | None:
    """None where the system's own authorities do. Raises `ConfigurationError`."""
    return tls_context(record.params)


def open_tracker(
    record: Connector, session: aiohttp.ClientSession, now: Callable[[], Millis]
) -> Tracker:
    """Raises `ConfigurationError` for wrong params."""
    params = {name: value for name, value in record.params.items() if name not in OF_SESSION}
    return system(record.system).open(record.name, params, session, now)


def system(name: str) -> System:
    found = SYSTEMS.get(name)
    if found is None:
        raise ConfigurationError(
            f"There is no adapter for the system {name!r}.",
            remedy=f"Supported systems: {', '.join(sorted(SYSTEMS))}.",
        )
    return found
