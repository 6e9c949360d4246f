"""What the node has and nobody wants: kept, or removed where that is asked for."""

from collections.abc import Mapping

from schemas.configuration import Configuration
from schemas.node import Connection
from service.store.tallies import Tally
from service.workers.alm.office import SYSTEM as SD_ELEMENTS
from service.workers.operations.configuration.holding import Held, document_of
from service.workers.operations.configuration.undertaking import Removal, Undertaking


def find_removals(
    held: Held,
    wanted: Configuration,
    found: Undertaking,
    tallies: Mapping[str, Tally],
    *,
    prune: bool,
) -> None:
    document = document_of(held)
    connections = [name for name in document.connections if name not in wanted.connections]
    connectors = [name for name in document.connectors if name not in wanted.connectors]
    if not prune:
        found.kept += [f"connector {name}" for name in connectors]
        found.kept += [f"connection {name}" for name in connections]
        return
    for name in connections:
        record = held.connections[name].record
        other = held.name_of(record.counterpart)
        if other in wanted.connections:
            found.refuse(
                ("connections", other, "counterpart"),
                f"{name!r} is to be removed, and {other!r} is its other end.",
                "Remove the folders of both ends, or of neither.",
            )
            continue
        found.removed.append(Removal(record, tallies.get(record.id, Tally()).twins))
    users = {each.connector for each in _left(held, found)}
    if any(work.before is None for work in found.alm_connections):
        users |= {each.id for each in held.connectors.values() if each.system == SD_ELEMENTS}
    for name in connectors:
        connector = held.connectors[name]
        if connector.id in users:
            found.kept.append(f"connector {name}, which a connection still uses")
        else:
            found.removed_connectors.append(connector)


def _left(held: Held, found: Undertaking) -> list[Connection]:
    """Those of peers stay until the other side knows that they ended."""
    gone = {each.record.id for each in found.removed if not each.record.peer}
    known = [each.record for each in held.connections.values()]
    known += [each for each in held.others if not _goes(each, found)]
    return [record for record in known if record.id not in gone]


def _goes(end: Connection, found: Undertaking) -> bool:
    """With its ALM connection."""
    owns = {each.row.own for each in found.removed_alm}
    return end.type == "alm" and (end.id in owns or end.counterpart in owns)
