"""The links of a page to those before and after it."""

from typing import Any

import msgspec
from aiohttp import web

from schemas.alm import AlmList, AlmListQuery
from schemas.api import LongQuery, Page, PageQuery
from service.web.callers import CALLERS


def linked(page: Page[Any], query: PageQuery, request: web.Request) -> Page[Any]:
    address = request.app[CALLERS].address(request)

    def link(number: int) -> str:
        return str(address.update_query(page=number))

    if isinstance(query, LongQuery):
        further = address.without_query_params("page", "cursor")
        back = query.page > 1 and not query.cursor
        return msgspec.structs.replace(
            page,
            next=str(further.update_query(cursor=page.next)) if page.next else None,
            previous=link(query.page - 1) if back else None,
        )
    more = page.count > query.offset + query.page_size
    return msgspec.structs.replace(
        page,
        next=link(query.page + 1) if more else None,
        previous=link(query.page - 1) if query.page > 1 else None,
    )


def linked_alm(page: AlmList[Any], query: AlmListQuery, request: web.Request) -> AlmList[Any]:
    """SD Elements counts and links where a size was asked for, and else gives everything."""
    if query.page_size is None or not isinstance(page.count, int):
        return AlmList(page.results)

    def link(number: int) -> str:
        return str(request.url.update_query(page=number))

    more = page.count > query.offset + query.page_size
    return AlmList(
        page.results,
        page.count,
        link(query.page + 1) if more else None,
        link(query.page - 1) if query.page > 1 else None,
    )
