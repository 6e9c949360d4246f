"""The links of a page to those before and after it."""

from typing import Any

import msgspec
from aiohttp import web

from schemas.api import Page, PageQuery
from service.web.callers import CALLERS


def linked(page: Page[Any], query: PageQuery, request: web.Request) -> Page[Any]:
    def link(number: int) -> str:
        return str(request.app[CALLERS].address(request).update_query(page=number))

    more = page.count > query.offset + query.page_size
    return msgspec.structs.replace(
        page,
        next=link(query.page + 1) if more else None,
        previous=link(query.page - 1) if query.page > 1 else None,
    )
