"""Connectors as they are wanted, beside those of the node."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from schemas.configuration import ConfiguredConnector
from schemas.node import Connector
from schemas.redaction import MASK, masked, names_secret
from schemas.values import Millis
from service.workers.operations.configuration.holding import Held
from service.workers.operations.configuration.undertaking import ConnectorWork, Undertaking

_ADDRESS = re.compile(r"(^|_)(url|proxy)$")


class NothingKept(Exception):
    """The names of what is masked, from the outside in, and not on the node."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names


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
        try:
            params = opened(given.params, known.params if known else {})
        except NothingKept as nothing:
            found.refuse(
                ("connectors", name, "params", *nothing.names),
                f"The node holds no {'.'.join(nothing.names)!r} of {name!r} that it could keep.",
                'Say where it is, such as { env = "JIRA_TOKEN" }.',
            )
            continue
        moved = moved_with_secrets(given.params, params, known.params if known else {})
        if moved:
            found.refuse(
                ("connectors", name, "params", moved),
                f"{moved!r} of {name!r} is another one, and its secrets were given for the old.",
                'Give the secrets as well, such as { env = "JIRA_TOKEN" }: none goes elsewhere'
                " unasked.",
            )
            continue
        if known is None:
            made = Connector(new_id(), name, given.system, params, now)
            found.connectors.append(ConnectorWork(None, made))
        elif known.params != params:
            changed = msgspec.structs.replace(known, params=params)
            found.connectors.append(ConnectorWork(known, changed))


def moved_with_secrets(
    given: Mapping[str, Any], params: Mapping[str, Any], known: Mapping[str, Any]
) -> str:
    """The address that changes while a secret stays: a file that anybody may propose must not be
    able to send it there. '' where none does."""
    kept = any(MASK in str(value) for value in given.values())
    changed = [name for name in known.keys() | params.keys() if known.get(name) != params.get(name)]
    return next((name for name in sorted(changed) if kept and _ADDRESS.search(name)), "")


def steered_anew(before: Connector | None, after: Connector) -> bool:
    """It would speak to another address than before, or with another secret."""
    if before is None:
        return True
    one, other = before.params, after.params
    changed = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
    return any(_ADDRESS.search(name) or names_secret(name) for name in changed)


def opened(given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """With the node's own values where what is given is how they are shown."""
    shown = masked(known)
    params: dict[str, Any] = {}
    for name, value in given.items():
        if name in known and value in (MASK, shown[name]):
            params[name] = known[name]
        elif value == MASK:
            raise NothingKept(name)
        elif isinstance(value, dict):
            inner = known.get(name)
            try:
                params[name] = opened(value, inner if isinstance(inner, dict) else {})
            except NothingKept as nothing:
                raise NothingKept(name, *nothing.names) from nothing
        else:
            params[name] = value
    return params
