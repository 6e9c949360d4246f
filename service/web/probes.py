"""/livez, /readyz and /health over HTTP."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from schemas.health import MEDIA_TYPE
from service.metrics import CONTENT_TYPE, Metrics
from service.web.health import HealthBoard

_encode = msgspec.json.Encoder().encode


class Probes:
    """`detailed` is for admins; everybody else learns the status alone."""

    def __init__(self, board: HealthBoard, *, detailed: bool) -> None:
        self._board = board
        self._detailed = detailed

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/livez", self.live),
            web.get("/readyz", self.ready),
            web.get("/health", self.health),
        ]

    async def live(self, request: web.Request) -> web.Response:
        """Asks nothing of anybody: an outage elsewhere must not restart us."""
        return _answer({"status": "pass"}, 200)

    async def ready(self, request: web.Request) -> web.Response:
        why = await self._board.ready()
        if not why:
            return _answer({"status": "pass"}, 200)
        return _answer({"status": "fail"} | ({"output": why} if self._detailed else {}), 503)

    async def health(self, request: web.Request) -> web.Response:
        report = await self._board.report()
        status = 503 if report.status == "fail" else 200
        return _answer(report if self._detailed else {"status": report.status}, status)


def metrics_route(
    metrics: Metrics, refresh: Callable[[], Awaitable[None]] | None = None
) -> web.RouteDef:
    async def scrape(request: web.Request) -> web.Response:
        if refresh is not None:
            await refresh()
        return web.Response(body=metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})

    return web.get("/metrics", scrape)


def _answer(body: object, status: int) -> web.Response:
    return web.Response(
        body=_encode(body),
        status=status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"},
    )
