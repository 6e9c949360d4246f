"""Searching by Rally's own query language."""

from adapters.port import SearchPage
from adapters.query_text import whole, wrong
from adapters.rally import mapping, query, wire
from adapters.rally.client import RallyClient
from adapters.rally.items import Items
from adapters.rally.kinds import TYPES
from adapters.rally.workspace import Workspace

_TITLE = "Rally"
_ROW = "ObjectID,FormattedID,Project"


class RallySearch:
    def __init__(
        self, client: RallyClient, workspace: Workspace, items: Items, page_size: int
    ) -> None:
        self._client = client
        self._workspace = workspace
        self._items = items
        self._page_size = page_size

    async def page(
        self, text: str, projects: tuple[str, ...], cursor: str, issue: str
    ) -> SearchPage:
        asked = whole(text, _TITLE, quotes='"')
        if not asked.startswith("("):
            raise wrong(_TITLE, "it does not begin with a parenthesis", 0)
        within = await self._workspace.within(projects)
        number = query.number("ObjectID", "=", int(issue)) if issue.isdigit() else ""
        places = query.any_of(
            *(query.number("Project.ObjectID", "=", int(oid)) for oid in sorted(within))
        )
        after = query.number("ObjectID", ">", int(cursor or 0))
        wanted = {
            "types": TYPES,
            "query": query.all_of(asked, places, after, number),
            "fetch": _ROW,
            "order": "ObjectID",
            "pagesize": str(self._page_size),
            **await self._workspace.scope(),
        }
        found = await self._client.find("/artifact", wanted, what="search issues")
        rows = found.results
        refs = tuple(mapping.reference(self._client.base, self._items.seen(row)) for row in rows)
        more = bool(rows) and len(rows) < found.total_result_count
        return SearchPage(refs, wire.oid(rows[-1]) if more else "")
