"""The adapters of the connectors that this node has."""

import ssl
from collections.abc import Callable

import aiohttp
import msgspec

from adapters import registry
from adapters.http import TLS_SETTINGS, tls_context
from adapters.offer import Adapter
from adapters.port import Tracker
from schemas.errors import ConfigurationError, TidegateError
from schemas.node import Connector
from schemas.values import Millis
from service.rules.defaults import Manifest
from service.sync.relations import LINKS, PARENT

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
    adapter = system(record.system)
    try:
        return adapter.open(record.name, params, session, now)
    except TidegateError:
        raise
    except Exception as error:
        raise ConfigurationError(
            f"The adapter of {record.system} failed to open the connector {record.name!r}: "
            f"{type(error).__name__}.",
            remedy="Tell whoever maintains that adapter; the log has the place.",
        ) from error


def manifest_of(name: str) -> Manifest:
    """What the default rules know of a system, also of one that only the other side has."""
    if name not in registry.names():
        return Manifest(name)
    capabilities = system(name).capabilities
    if not capabilities.fields:
        return Manifest(name)
    held = set(capabilities.fields)
    if capabilities.parent:
        held.add(PARENT)
    if capabilities.link_kinds:
        held.add(LINKS)
    return Manifest(name, frozenset(held), frozenset(capabilities.read_only))


def system(name: str) -> Adapter:
    """Raises `ConfigurationError` where there is none that works."""
    return registry.find(name)
