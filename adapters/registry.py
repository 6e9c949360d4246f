"""The systems that can be spoken to: those built in, and those that other packages bring under the
entry point group `tidegate.trackers`."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from adapters.alm import ADAPTER as ALM
from adapters.azure_devops import ADAPTER as AZURE_DEVOPS
from adapters.github import ADAPTER as GITHUB
from adapters.jira import ADAPTER as JIRA
from adapters.jira_cloud import ADAPTER as JIRA_CLOUD
from adapters.offer import Adapter
from adapters.rally import ADAPTER as RALLY
from adapters.redmine import ADAPTER as REDMINE
from adapters.sd_elements import ADAPTER as SD_ELEMENTS
from schemas.errors import ConfigurationError

GROUP = "tidegate.trackers"
BUILT_IN: Mapping[str, Adapter] = {
    adapter.capabilities.system: adapter
    for adapter in (
        JIRA,
        JIRA_CLOUD,
        AZURE_DEVOPS,
        GITHUB,
        RALLY,
        REDMINE,
        SD_ELEMENTS,
        ALM,
    )
}


def names() -> tuple[str, ...]:
    """Without loading what is installed, so a broken package is named as well."""
    return tuple(sorted({*BUILT_IN, *_installed()}))


def find(system: str) -> Adapter:
    """Raises `ConfigurationError` where there is none, or where its package is broken."""
    if system in BUILT_IN:
        return BUILT_IN[system]
    found = _installed().get(system, ())
    if not found:
        raise ConfigurationError(
            f"There is no adapter for the system {system!r}.",
            remedy=f"Supported systems: {', '.join(names())}.",
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"Several packages bring an adapter for the system {system!r}: "
            f"{', '.join(sorted(map(_origin, found)))}.",
            remedy="Keep one of them installed.",
        )
    return _loaded(found[0])


def _installed() -> Mapping[str, tuple[EntryPoint, ...]]:
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in entry_points(group=GROUP):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


@cache
def _loaded(point: EntryPoint) -> Adapter:
    try:
        loaded = point.load()
    except Exception as error:
        raise _broken(point, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(loaded, Adapter):
        raise _broken(point, f"offers a {type(loaded).__name__} in place of an adapters.Adapter")
    if loaded.capabilities.system != point.name:
        named = loaded.capabilities.system
        raise _broken(point, f"offers the system {named!r} under the name {point.name!r}")
    return loaded


def _broken(point: EntryPoint, cause: str) -> ConfigurationError:
    return ConfigurationError(
        f"The adapter {point.value} of the package {_origin(point)} {cause}.",
        remedy="Install a version of that package that fits this node, or remove it.",
    )


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
