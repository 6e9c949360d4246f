"""The connections that a query asks for."""

from itertools import islice

from schemas.connection_api import ConnectionQuery
from service.workers.operations.desk import Desk
from service.workers.roster import LiveConnection


def chosen(
    desk: Desk, query: ConnectionQuery, only: frozenset[str] | None
) -> tuple[int, list[LiveConnection]]:
    """How many there are, and those of the page, in the order of their names. `only`: of these
    alone."""
    known = desk.roster.connections
    ends = query.offset, query.offset + query.page_size
    sifted = any((query.type, query.status, query.connector, query.peer, query.search))
    if only is None and not sifted:
        return len(known), list(islice(known.values(), *ends))
    found = [
        live
        for live in known.values()
        if (only is None or live.record.name in only) and (not sifted or _fits(desk, live, query))
    ]
    return len(found), found[slice(*ends)]


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
