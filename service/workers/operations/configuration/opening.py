"""Params as they are given, with the node's own values where they are masked."""

from collections.abc import Callable, Mapping, Set
from typing import Any

import msgspec

from schemas.redaction import MASK, masked
from service.workers.operations.configuration.undertaking import Place

NOT_ASKED = (
    'Say where it is, such as { env = "JIRA_TOKEN" }, and have it looked up:'
    " without --keep-secrets."
)


class NothingKept(Exception):
    """The names of what is masked, from the outside in, and not on the node."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names


class Opened(msgspec.Struct, frozen=True):
    params: dict[str, Any]
    coming: frozenset[Place] = frozenset()
    """Secrets that are told later: a mask stands for each in `params`."""


def opened(
    given: Mapping[str, Any],
    known: Mapping[str, Any],
    offered: Set[Place],
    moved: Callable[[dict[str, Any]], str],
) -> Opened:
    """A secret that is `offered` comes later where the node holds none, or where it would be sent
    elsewhere than before: to an address that is `moved`. Raises `NothingKept`."""
    params = _opened(
        given, known, frozenset(each for each in offered if _at(known, each) in (None, ""))
    )
    if moved(params):
        params = _opened(given, known, offered)
    return Opened(params, frozenset(each for each in offered if _at(params, each) == MASK))


def keeps_secret(given: Mapping[str, Any], coming: Set[Place]) -> bool:
    """Whether any stays masked but those that are told later."""
    return any(
        keeps_secret(value, _below(coming, name))
        if isinstance(value, Mapping)
        else MASK in str(value) and (name,) not in coming
        for name, value in given.items()
    )


def _opened(
    given: Mapping[str, Any], known: Mapping[str, Any], coming: Set[Place]
) -> dict[str, Any]:
    shown = masked(known)
    params: dict[str, Any] = {}
    for name, value in given.items():
        if value == MASK and (name,) in coming:
            params[name] = MASK
        elif name in known and value in (MASK, shown[name]):
            params[name] = known[name]
        elif value == MASK:
            raise NothingKept(name)
        elif isinstance(value, dict):
            inner = known.get(name)
            try:
                params[name] = _opened(
                    value, inner if isinstance(inner, dict) else {}, _below(coming, name)
                )
            except NothingKept as nothing:
                raise NothingKept(name, *nothing.names) from nothing
        else:
            params[name] = value
    return params


def _at(params: Mapping[str, Any], place: Place) -> Any:
    found: Any = params
    for name in place:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _below(places: Set[Place], name: str) -> frozenset[Place]:
    return frozenset(each[1:] for each in places if each[0] == name and len(each) > 1)
