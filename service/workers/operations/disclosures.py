"""The ledger of what ever left about the issues of a connection."""

import sqlalchemy as sa

from schemas.api import Page
from schemas.disclosure_api import Disclosure, DisclosureQuery
from service.store import disclosures
from service.workers.operations.cursors import BY_NUMBER, shown
from service.workers.operations.desk import Desk


async def disclosed(desk: Desk, name: str, query: DisclosureQuery) -> Page[Disclosure]:
    live = desk.roster.connection_named(name)
    connection = live.record.id if live is not None else name

    def work(c: sa.Connection) -> Page[Disclosure]:
        page = BY_NUMBER.page(
            query,
            rows=lambda after, offset, limit: disclosures.page(
                c, connection, query.twin, after=after, offset=offset, limit=limit
            ),
            key=lambda row: row.id,
            count=lambda: disclosures.count(c, connection, query.twin),
        )
        return shown(page, lambda row: row.disclosure)

    page = await desk.store.read(work)
    if not page.count and live is None:
        # Nothing is known of it: the refusal names the connections that there are.
        desk.connection(name)
    return page
