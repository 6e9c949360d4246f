"""The connections that a query asks for."""

from schemas.api import ConnectionQuery
from service.workers.operations.desk import Desk
from service.workers.roster import LiveConnection


def chosen(desk: Desk, query: ConnectionQuery, only: frozenset[str] | None) -> list[LiveConnection]:
    """In the order of their names. `only`: of these alone."""
    found = list(desk.roster.connections.values())
    if only is not None:
        found = [live for live in found if live.record.name in only]
    if not any((query.type, query.status, query.connector, query.peer, query.search)):
        return found
    return [live for live in found if _fits(desk, live, query)]


def _fits(desk: Desk, live: LiveConnection, query: ConnectionQuery) -> bool:
    record = live.record
    if query.type is not None and record.type != query.type:
        return False
    if query.status is not None and record.status != query.status:
        return False
    if query.connector:
        connector = desk.connector_of(record)
        if connector is None or connector.name != query.connector:
            return False
    if query.peer:
        peer = desk.roster.peers.get(record.peer)
        if peer is None or peer.name != query.peer:
            return False
    search = query.search.casefold()
    return not search or search in f"{record.name}\n{record.description}".casefold()
