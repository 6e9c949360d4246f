"""Server-sent events: what is decided and how bulk work goes on, as it happens."""

import asyncio
from contextlib import suppress

import msgspec
from aiohttp import web

from schemas.access import Caller
from schemas.news import News, NewsQuery
from schemas.node_routes import EVENTS
from schemas.routing import PREFIX
from service.web.access import CALLER
from service.web.api.binding import query_reader
from service.web.api.fields import InvalidFields
from service.web.api.permission import check_reach, check_role
from service.web.operations import NewsReader, Operations

BEAT_SECONDS = 15.0
"""How often a stream without news says that it lives; proxies cut silent ones."""
PATIENCE_SECONDS = 30.0
"""How long a reader that takes nothing more is borne."""
RETRY_MS = 3_000

_encode = msgspec.json.Encoder().encode
_read_query = query_reader(NewsQuery)


def routes(operations: Operations) -> list[web.RouteDef]:
    async def handle(request: web.Request) -> web.StreamResponse:
        caller = request[CALLER]
        check_role(caller, EVENTS)
        try:
            query = _read_query(request)
            after = _last(request, query)
        except InvalidFields as invalid:
            return invalid.answer()
        check_reach(caller, EVENTS, request.match_info, query, None)
        async with operations.news(after) as reader:
            return await _stream(request, caller, query.connection, reader)

    return [web.get(PREFIX + EVENTS.path, handle, name=EVENTS.name, allow_head=False)]


def _last(request: web.Request, query: NewsQuery) -> int | None:
    given = request.headers.get("Last-Event-ID", "").strip()
    if not given:
        return query.after
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise InvalidFields(("Last-Event-ID",), "This is the id of no event.")
    return int(given)


async def _stream(
    request: web.Request, caller: Caller, connection: str, reader: NewsReader
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    # The caller has gone, or takes nothing any more.
    with suppress(ConnectionError, TimeoutError):
        await _write(response, f"retry: {RETRY_MS}\n\n".encode())
        while not reader.closed:
            found = await reader.next(BEAT_SECONDS)
            shown = [each for each in found if _is_for(each, caller, connection)]
            await _write(response, b"".join(map(_event, shown)) or b": \n\n")
        await response.write_eof()
    if not reader.closed and request.transport is not None:
        request.transport.abort()
    return response


def _is_for(news: News, caller: Caller, connection: str) -> bool:
    return caller.sees(news.connection) and (not connection or news.connection == connection)


def _event(news: News) -> bytes:
    """JSON has no line breaks of its own, so one line holds it."""
    number = "" if news.id is None else f"id: {news.id}\n"
    return f"{number}event: {news.kind}\ndata: ".encode() + _encode(news.data) + b"\n\n"


async def _write(response: web.StreamResponse, content: bytes) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await response.write(content)
