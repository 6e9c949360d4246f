"""Does the part of an undertaking that is about ALM connectors and connections."""

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from service.store import alm
from service.store.alm import ConnectionRow, ConnectorRow
from service.workers.alm import params
from service.workers.alm.ends import Ends
from service.workers.alm.frequency import next_run
from service.workers.alm.office import Office, system_of, together
from service.workers.alm.params import Settings
from service.workers.operations.configuration.undertaking import AlmConnectionWork, Undertaking


class AlmApplying:
    """In the transaction of the whole."""

    def __init__(self, office: Office, found: Undertaking) -> None:
        self._office, self._found = office, found
        self._vault = office.desk.store.vault
        self._ends = Ends(office)

    def write(self, c: sa.Connection) -> None:
        made: dict[str, int] = {}
        for each in self._found.alm_connectors:
            if each.before is None:
                made[each.after.name] = alm.add_connector(c, self._vault, each.after)
            else:
                alm.update_connector(c, self._vault, each.after)
        written = set()
        for work in self._found.alm_connections:
            if not work.idle:
                number = made.get(work.connector.name, work.connector.id)
                connector = msgspec.structs.replace(work.connector, id=number)
                written.add(self._put(c, work, connector))
        for connector, row in self._followers(c):
            if row.id not in written:
                self._ends.change(c, row, _settings(connector, row))

    def remove(self, c: sa.Connection) -> None:
        for removal in self._found.removed_alm:
            alm.remove_connection(c, removal.row.id)
            self._ends.remove(c, removal.row)
        for connector in self._found.removed_alm_connectors:
            alm.remove_connector(c, connector.id)

    def _put(self, c: sa.Connection, work: AlmConnectionWork, connector: ConnectorRow) -> int:
        row = msgspec.structs.replace(work.after, connector=connector.id)
        # A job may have come due meanwhile.
        known = alm.connection(c, self._vault, row.id) if work.before else None
        if known is not None and known.frequency == row.frequency:
            row = msgspec.structs.replace(row, due=known.due)
        else:
            due = next_run(row.frequency, self._office.now(), self._office.zone)
            row = msgspec.structs.replace(row, due=due)
        if known is not None:
            alm.update_connection(c, self._vault, row)
            self._ends.change(c, row, _settings(connector, row))
            return row.id
        number = alm.add_connection(c, self._vault, row)
        row = msgspec.structs.replace(row, id=number)
        self._ends.make(c, row, _settings(connector, row), self._found.sd_elements)
        return number

    def _followers(self, c: sa.Connection) -> Iterator[tuple[ConnectorRow, ConnectionRow]]:
        """Of connectors that change, whether a file names the connection or not."""
        changed = {each.after.id: each.after for each in self._found.alm_connectors if each.before}
        if changed:
            for row in alm.connections(c, self._vault):
                if row.connector in changed:
                    yield changed[row.connector], row


def _settings(connector: ConnectorRow, row: ConnectionRow) -> Settings:
    return params.settings_of(system_of(connector), together(connector, row))
