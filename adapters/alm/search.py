"""Searching by ALM's own query: `{status["Open"];severity[>2]}`, for each type of issue in turn."""

import re

from adapters.alm import ids, query
from adapters.alm.client import AlmClient
from adapters.alm.ids import EntityType, IssueId
from adapters.alm.mapping import Reader
from adapters.alm.params import AlmParams
from adapters.port import SearchPage
from adapters.query_text import whole, wrong

_TITLE = "ALM"
_TYPED = re.compile(r"(defect|requirement|test)s?\s*:\s*", re.IGNORECASE)


class AlmSearch:
    def __init__(self, client: AlmClient, params: AlmParams, reader: Reader) -> None:
        self._client = client
        self._params = params
        self._reader = reader

    async def page(self, text: str, cursor: str, issue: str) -> SearchPage:
        """`defect: {…}` asks for issues of that type alone. A cursor is a type and a place."""
        kinds, inner = self._read(text)
        only = ids.parse(issue, self._params.entities[0]) if issue else None
        if only is not None:
            kinds = tuple(kind for kind in kinds if kind == only.type)
        if not kinds:
            return SearchPage(())
        named, _, place = cursor.partition(" ")
        kind = next((one for one in kinds if one == named), kinds[0])
        start = int(place or 1)
        conditions = [part for part in (inner, f"id[{only.number}]" if only else "") if part]
        asked = {
            "fields": "id",
            "query": "{" + ";".join(conditions) + "}",
            "order-by": query.order("id"),
            "page-size": str(self._params.page_size),
            "start-index": str(start),
        }
        found = await self._client.many(f"/{kind}s", asked, what="search issues")
        refs = tuple(self._reader.reference(IssueId(kind, row.id)) for row in found.items)
        following = start + len(refs)
        if refs and following <= found.total:
            return SearchPage(refs, f"{kind} {following}")
        rest = kinds[kinds.index(kind) + 1 :]
        return SearchPage(refs, f"{rest[0]} 1" if rest else "")

    def _read(self, text: str) -> tuple[tuple[EntityType, ...], str]:
        asked = text.strip()
        kinds = self._params.entities
        if typed := _TYPED.match(asked):
            kinds = tuple(kind for kind in kinds if kind == typed[1].lower())
            asked = asked[typed.end() :]
        asked = whole(asked, _TITLE, escape="")
        if not (asked.startswith("{") and asked.endswith("}")):
            raise wrong(_TITLE, "it does not stand in braces", 0)
        if not kinds:
            raise wrong(_TITLE, "the connector has no issues of this type", 0)
        return kinds, asked[1:-1].strip().strip(";")
