"""Searching by WIQL: a whole query, or the conditions behind its WHERE alone."""

import re

from adapters.azure_devops.errors import TITLE
from adapters.azure_devops.items import Items, number, quoted
from adapters.azure_devops.mapping import Mapper
from adapters.azure_devops.references import PROJECT
from adapters.port import SearchPage
from adapters.query_text import whole, without_order, wrong

_PAGE = 200
"""As many as one call reads by their numbers."""
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
_LINKS = re.compile(r"\bfrom\s+workitemlinks\b", re.IGNORECASE)


class WiqlSearch:
    def __init__(self, items: Items, mapper: Mapper) -> None:
        self._items = items
        self._mapper = mapper

    async def page(
        self, query: str, projects: tuple[str, ...], cursor: str, issue: str
    ) -> SearchPage:
        conditions = [f"({conditions_of(query)})"]
        if names := [name for name in projects if name]:
            conditions.append(f"[{PROJECT}] IN ({', '.join(map(quoted, names))})")
        if issue:
            conditions.append(f"[System.Id] = {number(issue)}")
        ids = await self._items.ids_after(int(cursor or 0), _PAGE, conditions)
        found = await self._items.batch(ids) if ids else ()
        refs = tuple(self._mapper.ref(item.id, str(item.fields.get(PROJECT, ""))) for item in found)
        return SearchPage(refs, str(ids[-1]) if len(ids) == _PAGE else "")


def conditions_of(query: str) -> str:
    text = without_order(whole(query, TITLE, quotes="'", escape=""), TITLE, quotes="'", escape="")
    if not text.lower().startswith("select"):
        return whole(text, TITLE, quotes="'", escape="")
    if links := _LINKS.search(text):
        raise wrong(TITLE, "it asks for links, and not for work items", links.start())
    found = _WHERE.search(text)
    if found is None:
        raise wrong(TITLE, "it has no WHERE", len(text))
    return whole(text[found.end() :], TITLE, quotes="'", escape="")
