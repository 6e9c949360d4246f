"""Connectors as they are wanted, beside those of the node."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from schemas.configuration import ConfiguredConnector
from schemas.node import Connector
from schemas.redaction import MASK, names_secret
from schemas.values import Millis
from service.workers.operations.configuration.holding import Held
from service.workers.operations.configuration.opening import (
    NOT_ASKED,
    NothingKept,
    keeps_secret,
    opened,
)
from service.workers.operations.configuration.undertaking import ConnectorWork, Undertaking

_ADDRESS = re.compile(r"(^|_)(url|proxy)$")
_NOWHERE = "https://awaited.invalid"


def compare_connectors(
    held: Held,
    wanted: Mapping[str, ConfiguredConnector],
    found: Undertaking,
    *,
    now: Millis,
    new_id: Callable[[], str],
) -> None:
    for name, given in sorted(wanted.items()):
        known = held.connectors.get(name)
        if known is not None and known.system != given.system:
            found.refuse(
                ("connectors", name, "system"),
                f"The connector {name!r} is one of {known.system}, and that stays.",
                "Give the other tracker a connector of another name.",
            )
            continue
        params = _params(name, given.params, known.params if known else {}, found)
        if params is None:
            continue
        if known is None:
            made = Connector(new_id(), name, given.system, params, now)
            found.connectors.append(ConnectorWork(None, made))
        elif known.params != params:
            changed = msgspec.structs.replace(known, params=params)
            found.connectors.append(ConnectorWork(known, changed))


def _params(
    name: str, given: Mapping[str, Any], known: Mapping[str, Any], found: Undertaking
) -> dict[str, Any] | None:
    place = ("connectors", name)
    try:
        told = opened(given, known, found.offered_in(place), partial(_moved, known))
    except NothingKept as nothing:
        found.refuse(
            (*place, "params", *nothing.names),
            f"The node holds no {'.'.join(nothing.names)!r} of {name!r} that it could keep.",
            NOT_ASKED,
        )
        return None
    found.await_in(place, told.coming)
    moved = _moved(known, told.params)
    # A file that anybody may propose must not be able to send a kept secret elsewhere.
    if moved and keeps_secret(given, told.coming):
        found.refuse(
            (*place, "params", moved),
            f"{moved!r} of {name!r} is another one, and its secrets were given for the old.",
            'Give the secrets as well, such as { env = "JIRA_TOKEN" }: none goes elsewhere'
            " unasked.",
        )
        return None
    return told.params


def _moved(known: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """The first address that is another one, or ''."""
    return next((name for name in _changed(known, params) if _ADDRESS.search(name)), "")


def _changed(known: Mapping[str, Any], params: Mapping[str, Any]) -> list[str]:
    names = known.keys() | params.keys()
    return sorted(name for name in names if known.get(name) != params.get(name))


def steered_anew(before: Connector | None, after: Connector) -> bool:
    """It would speak to another address than before, or with another secret."""
    if before is None:
        return True
    changed = _changed(before.params, after.params)
    return any(_ADDRESS.search(name) or names_secret(name) for name in changed)


def openable(record: Connector) -> Connector:
    """Where an address comes with the apply, another stands for it: the rest can be looked at."""
    params = {
        name: _NOWHERE if value == MASK and _ADDRESS.search(name) else value
        for name, value in record.params.items()
    }
    return msgspec.structs.replace(record, params=params)
