"""ALM connectors and connections as they are wanted, beside those of the node."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from schemas.configuration import Configuration, ConfiguredAlmConnection, ConfiguredAlmConnector
from schemas.errors import InputError
from schemas.redaction import MASK, names_secret
from service.store.alm import ConnectionRow, ConnectorRow
from service.store.tallies import Tally
from service.workers.alm import catalogue, params
from service.workers.alm.catalogue import System
from service.workers.alm.office import system_of, together
from service.workers.alm.params import Params, Problems
from service.workers.operations.alm_places import place_of, stays
from service.workers.operations.configuration.alm_holding import HeldAlm, name_of
from service.workers.operations.configuration.opening import (
    NOT_ASKED,
    NothingKept,
    Opened,
    opened,
)
from service.workers.operations.configuration.undertaking import (
    AlmConnectionWork,
    AlmConnectorWork,
    Place,
    Undertaking,
)

_ADDRESS = ("alm_method", "alm_server", "alm_context_root")
_NEW = ConnectionRow(0, 0, "", "", "manually", debug_mode=False, params={}, own="")
_RENAME = (
    "Give each a name of its own: tidegate alm connector change ID --name NAME, or"
    " tidegate alm connection change ID --alias ALIAS."
)


class AlmComparison:
    """`twins`: how many are under sync, by the id of the end at SD Elements."""

    def __init__(
        self, held: HeldAlm, wanted: Configuration, found: Undertaking, twins: Mapping[str, Tally]
    ) -> None:
        self._held, self._wanted, self._found, self._twins = held, wanted, found, twins
        self._connectors = dict(held.connectors)
        """As they will be."""
        self._given: dict[str, frozenset[str]] = {}
        """Secrets of connectors that are not the node's own, by name."""
        self._spoiled: set[str] = set()

    def compare(self, *, prune: bool) -> None:
        for name, connector in sorted(self._wanted.alm_connectors.items()):
            if not self._connector(name, connector):
                self._spoiled.add(name)
        seen: set[str] = set()
        for connection in sorted(self._wanted.alm_connections, key=lambda each: each.name):
            if connection.name in seen:
                self._found.refuse(
                    ("alm_connections", connection.name, "alias"),
                    f"There are two ALM connections {connection.name!r}.",
                    "Give one of them another alias.",
                )
            elif connection.connector not in self._spoiled:
                self._connection(connection)
            seen.add(connection.name)
        for work in self._found.alm_connectors:
            if work.before is not None:
                self._check_followers(work, work.before, seen, prune=prune)

    def _connector(self, name: str, given: ConfiguredAlmConnector) -> bool:
        place = ("alm_connectors", name)
        known = self._held.connectors.get(name)
        if name in self._held.ambiguous[0]:
            self._found.refuse(place, f"Several ALM connectors are called {name!r}.", _RENAME)
            return False
        try:
            system = catalogue.find(given.system)
        except InputError as error:
            self._found.refuse_for((*place, "system"), error)
            return False
        if known is not None and known.system != system.id:
            self._found.refuse(
                (*place, "system"), "The system of a connector stays.", "Create another one."
            )
            return False
        held = known.params if known else {}
        told = self._params(place, given.params, held, partial(_moved_to, system, held))
        if told is None or self._refused(place, params.check_connector(system, told.params)):
            return False
        found, fresh = told.params, _fresh(given.params, told)
        if self._leads_elsewhere(place, system, held, found, _secrets(found) - fresh):
            return False
        row = ConnectorRow(known.id if known else 0, name, system.id, given.inaccessible, found)
        self._connectors[name], self._given[name] = row, fresh
        if row != known:
            self._found.alm_connectors.append(AlmConnectorWork(known, row))
        return True

    def _connection(self, given: ConfiguredAlmConnection) -> None:
        place = ("alm_connections", given.name)
        if given.name in self._held.ambiguous[1]:
            self._found.refuse(
                place,
                f"Several ALM connections, or their connectors, share the name {given.name!r}.",
                _RENAME,
            )
            return
        connector = self._connector_of(place, given)
        known = self._held.connections.get(given.name)
        before = self._held.by_id[known.connector] if known else None
        if connector is None:
            return
        system, stood = system_of(connector), together(before, known) if before and known else {}

        def moved(own: Params) -> str:
            return _moved_to(system, stood, params.of_connection(connector.params, own))

        told = self._params(place, given.params, known.params if known else {}, moved)
        if told is None:
            return
        row = msgspec.structs.replace(
            known or _NEW,
            connector=connector.id,
            alias=given.alias,
            project=str(given.project),
            frequency=given.frequency,
            debug_mode=given.debug_mode,
            params=told.params,
        )
        if self._refused(place, params.check_connection(system, together(connector, row))):
            return
        own = _secrets(told.params) - _fresh(given.params, told)
        if self._leads_away(place, (before, known), (connector, row), own):
            return
        if before and known and self._moved((before, known), (connector, row)):
            error = stays(self._twins[known.own].twins)
            self._found.refuse_for((*place, "params", "alm_project"), error)
            return
        self._found.alm_connections.append(AlmConnectionWork(known, row, connector, before))

    def _connector_of(self, place: Place, given: ConfiguredAlmConnection) -> ConnectorRow | None:
        connector = self._connectors.get(given.connector)
        if connector is None:
            known = ", ".join(sorted(self._connectors)) or "none yet"
            self._found.refuse(
                (*place, "connector"),
                f"There is no ALM connector {given.connector!r}.",
                f"ALM connectors: {known}.",
            )
        return connector

    def _check_followers(
        self, work: AlmConnectorWork, before: ConnectorRow, wanted: set[str], *, prune: bool
    ) -> None:
        """Connections that no file names, and that change with their connector."""
        place, after = ("alm_connectors", work.after.name), work.after
        for row in self._held.rows:
            name = name_of(row)
            gone = prune and name in self._held.connections
            if row.connector != after.id or name in wanted or gone:
                continue
            both = together(after, row)
            said = f"Of the connection {name}: "
            self._refused(place, params.check_connection(system_of(after), both), said)
            self._leads_away(place, (before, row), (after, row), _secrets(row.params))
            if self._moved((before, row), (after, row)):
                error = stays(self._twins[row.own].twins, name)
                self._found.refuse_for((*place, "params"), error)

    def _leads_away(
        self,
        place: Place,
        before: tuple[ConnectorRow | None, ConnectionRow | None],
        after: tuple[ConnectorRow, ConnectionRow],
        own: frozenset[str],
    ) -> bool:
        """`own`: secrets of the connection that are kept. Those of its connector, where they are
        kept, are for where that leads, or this connection led with it."""
        connector, row = after
        there, known = before
        stood = together(there, known) if there and known else {}
        alone = self._held.by_id.get(connector.id)
        same = there is not None and there.id == connector.id
        led = stood if same else alone.params if alone else connector.params
        told = self._given.get(connector.name, frozenset())
        inherited = _secrets(connector.params) - told - row.params.keys()
        system, both = system_of(connector), together(connector, row)
        return self._leads_elsewhere(place, system, stood, both, own) or self._leads_elsewhere(
            place, system, led, both, inherited
        )

    def _moved(
        self,
        before: tuple[ConnectorRow, ConnectionRow],
        after: tuple[ConnectorRow, ConnectionRow],
    ) -> bool:
        """Issues that are under sync stay where they are."""
        under = self._twins.get(before[1].own, Tally()).twins
        return under > 0 and place_of(*before) != place_of(*after)

    def _params(
        self, place: Place, given: Params, held: Params, moved: Callable[[Params], str]
    ) -> Opened | None:
        """As they are kept, with the node's own secrets where they are masked."""
        names = {now: name for name in given for now in params.adopted({name: MASK})}
        offered = self._found.offered_in(place)
        adopted = frozenset((now,) for now, name in names.items() if (name,) in offered)
        try:
            told = opened(params.adopted(given), held, adopted, moved)
        except NothingKept as nothing:
            self._found.refuse(
                (*place, "params", *nothing.names),
                f"The node holds no {'.'.join(nothing.names)!r} of {place[-1]!r} that it could"
                " keep.",
                NOT_ASKED,
            )
            return None
        self._found.await_in(place, ((names[now],) for (now,) in told.coming))
        given_ones = {name: value for name, value in told.params.items() if value is not None}
        return msgspec.structs.replace(told, params=given_ones)

    def _refused(self, place: Place, problems: Problems, said: str = "") -> bool:
        for name, words in problems.items():
            self._found.refuse((*place, "params", name), f"{said}{name}: {' '.join(words)}")
        return bool(problems)

    def _leads_elsewhere(
        self, place: Place, system: System, before: Params, after: Params, kept: frozenset[str]
    ) -> bool:
        """A file that anybody may propose must not be able to send a kept secret elsewhere."""
        moved = _moved_to(system, before, after)
        if not moved or not kept:
            return False
        self._found.refuse(
            (*place, "params", moved),
            f"{moved!r} of {place[-1]!r} is another one, and its secrets were given for the old.",
            'Give the secrets as well, such as { env = "JIRA_TOKEN" }: none goes elsewhere'
            " unasked.",
        )
        return True


def _moved_to(system: System, before: Params, after: Params) -> str:
    """What of the address is another one, or ''."""
    differing = (
        name
        for name in _ADDRESS
        if params.text(system, before, name) != params.text(system, after, name)
    )
    return next(differing, "")


def _fresh(given: Mapping[str, Any], told: Opened) -> frozenset[str]:
    """Secrets that are told, now or later, and not kept."""
    adopted = params.adopted(given)
    now = frozenset(n for n, value in adopted.items() if names_secret(n) and value != MASK)
    return now | {name for (name,) in told.coming}


def _secrets(given: Params) -> frozenset[str]:
    return frozenset(name for name, value in given.items() if names_secret(name) and value)
