"""Pages of what is in memory, or was read with one row more than a page holds."""

from collections.abc import Sequence
from typing import TypeVar

from schemas.api import Page, PageQuery

Item = TypeVar("Item")


def page_of(query: PageQuery, items: Sequence[Item]) -> Page[Item]:
    shown = tuple(items[query.offset : query.offset + query.page_size])
    more = len(items) > query.offset + query.page_size
    return Page(shown, query.page, query.page_size, more, len(items))
