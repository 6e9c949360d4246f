"""The ledger of what ever left: about the issues of a connection, or for a partner."""

import msgspec
import sqlalchemy as sa

from schemas.api import Page
from schemas.disclosure_api import Disclosure, DisclosureQuery, LedgerQuery
from service.store import disclosures
from service.store.disclosures import Chosen
from service.workers.operations.cursors import BY_NUMBER, shown
from service.workers.operations.desk import Desk


async def disclosed(desk: Desk, name: str, query: DisclosureQuery) -> Page[Disclosure]:
    live = desk.roster.connection_named(name)
    connection = live.record.id if live is not None else name
    page = await _page(desk, Chosen(connection, twin=query.twin or None), query)
    if not page.count and live is None:
        # Nothing is known of it: the refusal names the connections that there are.
        desk.connection(name)
    return page


async def ledger(desk: Desk, query: LedgerQuery) -> Page[Disclosure]:
    """A partner is named, or meant by its id: it may be gone."""
    named = {peer.name: peer.id for peer in desk.roster.peers.values()}
    partner = named.get(query.partner, query.partner) or None
    return await _page(desk, Chosen(partner=partner, twin=query.twin or None), query)


async def _page(desk: Desk, chosen: Chosen, query: DisclosureQuery) -> Page[Disclosure]:
    def work(c: sa.Connection) -> Page[Disclosure]:
        page = BY_NUMBER.page(
            query,
            rows=lambda after, offset, limit: disclosures.page(
                c, chosen, after=after, offset=offset, limit=limit
            ),
            key=lambda row: row.id,
            count=lambda: disclosures.count(c, chosen),
        )
        return shown(page, lambda row: _named(desk, row.disclosure))

    return await desk.store.read(work)


def _named(desk: Desk, entry: Disclosure) -> Disclosure:
    peer = desk.roster.peers.get(entry.partner)
    return msgspec.structs.replace(
        entry,
        connection=desk.name_of(entry.connection),
        partner=peer.name if peer else entry.partner,
    )
