"""Headers of every answer of the admin door, and which sites' pages may read them."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_METHODS = "GET, POST, PUT, PATCH, DELETE"
_ASKED = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID"
_READ = "ETag, Retry-After, Idempotent-Replayed"
_REMEMBERED = "600"
"""Seconds for which a browser need not ask again."""

Prepare = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def safe_headers(origins: frozenset[str]) -> Prepare:
    """A signal handler. What an answer has set itself stays."""

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _SAFE.items():
            response.headers.setdefault(name, value)
        if not origins:
            return
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin", "")
        if origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _READ
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"

    return prepare


def preflight(origins: frozenset[str]) -> Middleware:
    """Answers a browser that asks whether it may ask. Credentials come in a header, never by
    themselves, so nothing is done in a person's name that a page did not have the token for."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method != "OPTIONS" or request.headers.get("Origin", "") not in origins:
            return await handler(request)
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _ASKED,
                "Access-Control-Max-Age": _REMEMBERED,
            },
        )

    return middleware
