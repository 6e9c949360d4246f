"""Pages of what is in memory."""

from collections.abc import Sequence
from typing import TypeVar

from schemas.api import Page, PageQuery

Item = TypeVar("Item")


def page_of(query: PageQuery, items: Sequence[Item]) -> Page[Item]:
    return Page(len(items), tuple(items[query.offset : query.offset + query.page_size]))
