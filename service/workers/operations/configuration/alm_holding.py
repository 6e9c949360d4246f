"""What the node has of SD Elements' ALM connectors and connections, by the names that files use."""

from collections import Counter
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from schemas.configuration import ConfiguredAlmConnection, ConfiguredAlmConnector, alm_name
from schemas.redaction import masked
from service.store import alm
from service.store.alm import ConnectionRow, ConnectorRow
from service.store.store import Store
from service.store.tables import alm_connections, alm_connectors
from service.workers.operations.alm_connections import project_id


class HeldAlm(msgspec.Struct, frozen=True):
    """Their API lets several have the same name: of these none can be meant by a file."""

    connectors: dict[str, ConnectorRow]
    connections: dict[str, ConnectionRow]
    """By project and alias."""
    ambiguous: tuple[frozenset[str], frozenset[str]]
    """Names of connectors, and of connections, that several have."""
    by_id: dict[int, ConnectorRow]
    """All of them; what a remote agent made for itself too."""
    rows: tuple[ConnectionRow, ...]
    facts: tuple[object, ...]
    """By which another state is known."""

    @property
    def unnamed(self) -> tuple[str, ...]:
        connectors, connections = self.ambiguous
        return (
            *(f"ALM connector {name}" for name in sorted(connectors)),
            *(f"ALM connection {name}" for name in sorted(connections)),
        )


def read_held_alm(c: sa.Connection, store: Store) -> HeldAlm:
    by_id = {row.id: row for row in alm.connectors(c, store.vault)}
    rows = tuple(alm.connections(c, store.vault))
    ours = [row for row in rows if not row.remote]
    # A remote agent makes a connector for each of its connections.
    made = {row.connector for row in rows if row.remote} - {row.connector for row in ours}
    known = [row for row in by_id.values() if row.id not in made]
    shared = _several(row.name for row in known)
    aliases = _several(map(name_of, ours)) | {
        name_of(row) for row in ours if by_id[row.connector].name in shared
    }
    return HeldAlm(
        connectors={row.name: row for row in known if row.name not in shared},
        connections={name_of(row): row for row in ours if name_of(row) not in aliases},
        ambiguous=(shared, aliases),
        by_id=by_id,
        rows=rows,
        facts=_facts(c, known, ours),
    )


def name_of(row: ConnectionRow) -> str:
    return alm_name(row.project, row.alias)


def _several(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name, count in Counter(names).items() if count > 1)


def _facts(
    c: sa.Connection, known: list[ConnectorRow], ours: list[ConnectionRow]
) -> tuple[object, ...]:
    """What was written of params, and not params, which hold secrets."""
    of_connectors, of_connections = alm.seals(c, alm_connectors), alm.seals(c, alm_connections)
    return (
        [(row.id, row.name, row.inaccessible, of_connectors[row.id]) for row in known],
        [
            (row.id, row.connector, row.alias, row.project, row.frequency, row.debug_mode,
             of_connections[row.id])
            for row in ours
        ],
    )  # fmt: skip


def documents_of(
    held: HeldAlm,
) -> tuple[dict[str, ConfiguredAlmConnector], tuple[ConfiguredAlmConnection, ...]]:
    connectors = {
        name: ConfiguredAlmConnector(row.system, row.inaccessible, masked(row.params))
        for name, row in sorted(held.connectors.items())
    }
    return connectors, tuple(
        ConfiguredAlmConnection(
            alias=row.alias,
            project=project_id(row),
            connector=held.by_id[row.connector].name,
            frequency=row.frequency,
            debug_mode=row.debug_mode,
            params=masked(row.params),
        )
        for _, row in sorted(held.connections.items())
    )
