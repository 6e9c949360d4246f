"""Builds the two applications: one for strangers (trackers, peers), one for admins."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web
from aiohttp.typedefs import Middleware

from service.metrics import Metrics
from service.web.api import api_routes
from service.web.api.document import document_routes
from service.web.api.records import RECORDS, Records
from service.web.callers import CALLERS, Callers
from service.web.headers import preflight, safe_headers
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
    records: Records,
    entrance: Middleware,
    callers: Callers = Callers(),  # noqa: B008
    origins: frozenset[str] = frozenset(),
    refresh_metrics: Callable[[], Awaitable[None]] | None = None,
    routes: Iterable[web.AbstractRouteDef] = (),
) -> web.Application:
    """`entrance` tells who calls: by the Unix socket, or by token over TCP. Pages of `origins` may
    read answers in a browser. `refresh_metrics` brings gauges up to date before each scrape.
    """
    inner = (problems(new_id=new_id, open_details=True), entrance)
    app = web.Application(
        client_max_size=ADMIN_BODY_BYTES,
        middlewares=(preflight(origins), *inner) if origins else inner,
    )
    app[RECORDS] = records
    app[CALLERS] = callers
    app.on_response_prepare.append(safe_headers(origins))
    app.add_routes(api_routes(operations, board))
    app.add_routes(document_routes())
    app.add_routes(Probes(board, detailed=True).routes())
    app.add_routes([metrics_route(metrics, refresh_metrics), *routes])
    return app
