"""ALM connectors and connections that nobody wants: kept, or removed where that is asked for."""

from collections.abc import Mapping

from schemas.configuration import Configuration
from service.store.tallies import Tally
from service.workers.operations.configuration.alm_holding import HeldAlm
from service.workers.operations.configuration.undertaking import AlmRemoval, Undertaking


def find_alm_removals(
    held: HeldAlm,
    wanted: Configuration,
    found: Undertaking,
    tallies: Mapping[str, Tally],
    *,
    prune: bool,
) -> None:
    named = {each.name for each in wanted.alm_connections}
    connections = [name for name in sorted(held.connections) if name not in named]
    connectors = [name for name in sorted(held.connectors) if name not in wanted.alm_connectors]
    found.kept += [f"{each}, whose name others have" for each in held.unnamed]
    if not prune:
        found.kept += [f"ALM connector {name}" for name in connectors]
        found.kept += [f"ALM connection {name}" for name in connections]
        return
    for name in connections:
        row = held.connections[name]
        found.removed_alm.append(AlmRemoval(name, row, tallies.get(row.own, Tally()).twins))
    gone = {each.row.id for each in found.removed_alm}
    # Those of the files may have gone over to another connector.
    users = {work.after.connector for work in found.alm_connections}
    own = {work.after.id for work in found.alm_connections}
    users |= {row.connector for row in held.rows if row.id not in gone | own}
    for name in connectors:
        if held.connectors[name].id in users:
            found.kept.append(f"ALM connector {name}, which a connection still uses")
        else:
            found.removed_alm_connectors.append(held.connectors[name])
