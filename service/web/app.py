"""Builds the two applications: one for strangers (trackers, peers), one for admins."""

import hmac
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from schemas.errors import InputError
from service.metrics import Metrics
from service.web.api import api_routes
from service.web.health import HealthBoard
from service.web.operations import Operations
from service.web.probes import Probes, metrics_route
from service.web.problems import NewId, problems

ADMIN_BODY_BYTES = 8 * 1024 * 1024
"""Two rule files of a million characters each, escaped."""


def build_public_app(
    routes: Iterable[web.AbstractRouteDef],
    board: HealthBoard,
    *,
    body_bytes: int,
    new_id: NewId,
    gate: Middleware | None = None,
) -> web.Application:
    """`routes`: the webhooks, and on a public node the peer endpoints."""
    inner = problems(new_id=new_id, open_details=False)
    app = web.Application(
        client_max_size=body_bytes, middlewares=[inner] if gate is None else [gate, inner]
    )
    app.add_routes(routes)
    app.add_routes(Probes(board, detailed=False).routes())
    return app


def build_admin_app(
    operations: Operations,
    board: HealthBoard,
    metrics: Metrics,
    *,
    new_id: NewId,
    token: str = "",
    refresh_metrics: Callable[[], Awaitable[None]] | None = None,
    routes: Iterable[web.AbstractRouteDef] = (),
) -> web.Application:
    """Behind the Unix socket's file mode, or behind `token` where it is served over TCP.

    `refresh_metrics` brings gauges up to date before each scrape.
    """
    middlewares = [problems(new_id=new_id, open_details=True)]
    if token:
        middlewares.append(_bearer(token))
    app = web.Application(client_max_size=ADMIN_BODY_BYTES, middlewares=middlewares)
    app.add_routes(api_routes(operations, board))
    app.add_routes(Probes(board, detailed=True).routes())
    app.add_routes([metrics_route(metrics, refresh_metrics), *routes])
    return app


def _bearer(token: str) -> Middleware:
    wanted = f"bearer {token}".encode()

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        offered = f"{scheme.lower()} {given.strip()}".encode(errors="replace")
        if not hmac.compare_digest(offered, wanted):
            raise InputError(
                "This needs the admin token.",
                status=401,
                remedy="Send it as `Authorization: Bearer …`; see listen.admin_token.",
            )
        return await handler(request)

    return middleware
