"""Lists as SD Elements gives them: everything at once, or pages of a size that was asked for."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from schemas.alm import AlmList, AlmListQuery

Row = TypeVar("Row")
Item = TypeVar("Item")


def page_of(query: AlmListQuery, rows: Sequence[Row], view: Callable[[Row], Item]) -> AlmList[Item]:
    shown = rows
    if query.page_size is not None:
        shown = rows[query.offset : query.offset + query.page_size]
    return AlmList(tuple(map(view, shown)), count=len(rows))
