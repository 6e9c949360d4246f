"""Searching by Rally's own query language; `task: (…)` asks for issues of that type alone, and may
name fields that others lack."""

import re

from adapters.port import SearchPage
from adapters.query_text import whole, wrong
from adapters.rally import mapping, query, wire
from adapters.rally.client import RallyClient
from adapters.rally.items import Items
from adapters.rally.kinds import DEFECT, STORY, TASK, TYPES, Kind
from adapters.rally.workspace import Workspace

_TITLE = "Rally"
_ROW = "ObjectID,FormattedID,Project"
_TYPED = re.compile(r"(defect|user story|story|task)\s*:\s*", re.IGNORECASE)
_KINDS = {"defect": DEFECT, "user story": STORY, "story": STORY, "task": TASK}


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
        kind, inner = _typed(text)
        asked = whole(inner, _TITLE, quotes='"')
        if not asked.startswith("("):
            raise wrong(_TITLE, "it does not begin with a parenthesis", 0)
        within = await self._workspace.within(projects)
        number = query.number("ObjectID", "=", int(issue)) if issue.isdigit() else ""
        places = query.any_of(
            *(query.number("Project.ObjectID", "=", int(oid)) for oid in sorted(within))
        )
        after = query.number("ObjectID", ">", int(cursor or 0))
        wanted = {
            **({} if kind else {"types": TYPES}),
            "query": query.all_of(asked, places, after, number),
            "fetch": _ROW,
            "order": "ObjectID",
            "pagesize": str(self._page_size),
            **await self._workspace.scope(),
        }
        path = f"/{kind.path}" if kind else "/artifact"
        found = await self._client.find(path, wanted, what="search issues")
        rows = found.results
        refs = tuple(mapping.reference(self._client.base, self._items.seen(row)) for row in rows)
        more = bool(rows) and len(rows) < found.total_result_count
        return SearchPage(refs, wire.oid(rows[-1]) if more else "")


def _typed(text: str) -> tuple[Kind | None, str]:
    found = _TYPED.match(text.strip())
    return (_KINDS[found[1].lower()], text.strip()[found.end() :]) if found else (None, text)
