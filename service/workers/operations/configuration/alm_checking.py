"""Asks SD Elements and the trackers whether wanted ALM connectors and connections can be."""

from collections.abc import Mapping, Set

import msgspec

from schemas.errors import TidegateError
from service.store.alm import ConnectionRow, ConnectorRow
from service.workers.alm.office import Office, system_of, together
from service.workers.alm.params import Params
from service.workers.alm.trackers import connector_of, project_of
from service.workers.operations.alm_connections import names_of
from service.workers.operations.alm_connectors import AlmConnectorOperations
from service.workers.operations.configuration.undertaking import (
    AlmConnectionWork,
    AlmConnectorWork,
    Place,
    Undertaking,
)
from service.workers.roster import OpenConnector


class AlmChecking:
    """`trackers`: as they will be, by the connector's id; those of `untold` are not to be asked."""

    def __init__(
        self,
        office: Office,
        found: Undertaking,
        trackers: Mapping[str, OpenConnector],
        untold: Set[str],
    ) -> None:
        self._office, self._found = office, found
        self._trackers, self._untold = trackers, untold
        self._connectors = AlmConnectorOperations(office)
        self._unreached: set[str] = set()

    async def check(self, *, ask: bool, may_try: bool) -> None:
        """A connection cannot be made without the names that SD Elements has for its project:
        these are asked for in any case."""
        await self._find_names()
        if not ask:
            return
        for connector in self._found.alm_connectors:
            if _tracker_differs(connector):
                await self._try_connector(connector, may_try=may_try)
        for connection in self._found.alm_connections:
            if _place_differs(connection) and connection.connector.name not in self._unreached:
                await self._try_connection(connection, may_try=may_try)

    async def _find_names(self) -> None:
        works = self._found.alm_connections
        if all(work.before is not None for work in works):
            return
        try:
            sde = self._office.sd_elements_among(self._trackers.values())
        except TidegateError as error:
            first = next(work for work in works if work.before is None)
            self._found.refuse_for(("alm_connections", first.name, "project"), error)
            return
        self._found.sd_elements = sde.record.id
        if sde.record.id in self._untold:
            return
        known: dict[str, dict[str, str]] = {}
        for at, work in enumerate(works):
            if work.before is not None:
                continue
            project = work.after.project
            try:
                known[project] = known.get(project) or await names_of(sde, project)
            except TidegateError as error:
                self._found.refuse_for(("alm_connections", work.name, "project"), error)
                continue
            after = msgspec.structs.replace(work.after, names=known[project])
            works[at] = msgspec.structs.replace(work, after=after)

    async def _try_connector(self, work: AlmConnectorWork, *, may_try: bool) -> None:
        name = work.after.name
        # Whoever says so knows that nothing answers from here.
        if work.after.inaccessible or self._found.awaits("alm_connectors", name):
            self._unreached.add(name)
        elif not may_try:
            self._found.untried.append(f"ALM connector {name}")
            self._unreached.add(name)
        elif not await self._reached(
            ("alm_connectors", name), work.after, work.after.params, project=""
        ):
            self._unreached.add(name)

    async def _try_connection(self, work: AlmConnectionWork, *, may_try: bool) -> None:
        if work.connector.inaccessible or self._found.awaits("alm_connections", work.name):
            return
        if not may_try:
            self._found.untried.append(f"ALM connection {work.name}")
            return
        both = together(work.connector, work.after)
        project = project_of(system_of(work.connector), both)
        place = ("alm_connections", work.name)
        await self._reached(place, work.connector, both, project=project)

    async def _reached(
        self, place: Place, connector: ConnectorRow, given: Params, *, project: str
    ) -> bool:
        try:
            await self._connectors.reach(system_of(connector), given, project)
        except TidegateError as error:
            self._found.refuse_for((*place, "params"), error)
            return False
        return True


def _tracker_differs(work: AlmConnectorWork) -> bool:
    before, after = work.before, work.after
    if before is None:
        return True
    system = system_of(after)
    return connector_of(system, before.params) != connector_of(system, after.params)


def _place_differs(work: AlmConnectionWork) -> bool:
    if work.before is None or work.connector_before is None:
        return True
    return _place(work.connector_before, work.before) != _place(work.connector, work.after)


def _place(connector: ConnectorRow, row: ConnectionRow) -> tuple[object, ...]:
    system, both = system_of(connector), together(connector, row)
    return (*connector_of(system, both), project_of(system, both))
