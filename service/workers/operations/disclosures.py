"""The ledger of what ever left about the issues of a connection."""

import sqlalchemy as sa

from schemas.api import Page
from schemas.disclosure_api import Disclosure, DisclosureQuery
from service.store import disclosures
from service.workers.operations.desk import Desk


async def disclosed(desk: Desk, name: str, query: DisclosureQuery) -> Page[Disclosure]:
    live = desk.roster.connection_named(name)
    connection = live.record.id if live is not None else name

    def work(c: sa.Connection) -> Page[Disclosure]:
        found = disclosures.page(
            c, connection, query.twin, offset=query.offset, limit=query.page_size
        )
        return Page(disclosures.count(c, connection, query.twin), tuple(found))

    page = await desk.store.read(work)
    if not page.count and live is None:
        # Nothing is known of it: the refusal names the connections that there are.
        desk.connection(name)
    return page
