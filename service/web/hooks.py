"""The door for trackers: authenticate, publish with a confirm, answer; nothing else."""

from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog
from aiohttp import web
from prometheus_client import Counter

from adapters.port import WebhookRequest
from schemas.errors import BusUnavailable, InputError
from schemas.events import IssueChanged
from schemas.values import Millis
from service.metrics import Metrics
from service.web.body import BODY_SECONDS, read_body
from service.web.problems import NewId

log = structlog.get_logger()

Changes = tuple[IssueChanged, ...]


class WebhookParser(Protocol):
    def parse_webhook(self, request: WebhookRequest) -> Changes: ...


class WebhookDesk(Protocol):
    """Knows the connectors of this node, and what they care about."""

    def tracker(self, connector: str) -> WebhookParser | None: ...

    async def interested(self, changes: Changes) -> Changes:
        """Without those that no twin and no trigger cares about. In doubt a change stays in."""
        ...


class Publisher(Protocol):
    async def publish(self, *events: IssueChanged) -> None:
        """Returns when all are on disk; raises `BusUnavailable`."""
        ...


class _Counters:
    """The children of one connector, looked up once: labels cost more than counting."""

    def __init__(self, metrics: Metrics, connector: str) -> None:
        def of(result: str) -> Counter:
            return metrics.webhooks.labels(connector, result)

        self.accepted = of("accepted")
        self.ignored = of("ignored")
        self.refused = of("refused")
        self.unavailable = of("unavailable")
        self.events = metrics.webhook_events.labels(connector)


class Webhooks:
    """2xx means: on the bus's disk, or of interest to nobody."""

    def __init__(
        self,
        desk: WebhookDesk,
        bus: Publisher,
        metrics: Metrics,
        *,
        now: Callable[[], Millis],
        new_id: NewId,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._desk = desk
        self._bus = bus
        self._metrics = metrics
        self._now = now
        self._new_id = new_id
        self._body_seconds = body_seconds
        self._counters: dict[str, _Counters] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/hooks/{connector}", self.receive),
            web.post("/hooks/{connector}/{secret}", self.receive),
        ]

    async def receive(self, request: web.Request) -> web.Response:
        connector = request.match_info["connector"]
        tracker = self._desk.tracker(connector)
        if tracker is None:
            raise InputError(
                "No such connector.", status=404, remedy="Check the webhook's address."
            )
        counters = self._of(connector)
        try:
            changes = await self._changes(request, tracker)
        except InputError as error:
            counters.refused.inc()
            log.debug(
                "webhook.refused", connector=connector, status=error.status, reason=error.message
            )
            raise
        if not changes:
            counters.ignored.inc()
            return _accepted(200, 0)
        await self._publish(changes, connector, counters)
        return _accepted(202, len(changes))

    async def _changes(self, request: web.Request, tracker: WebhookParser) -> Changes:
        parsed = WebhookRequest(
            headers={name.lower(): value for name, value in request.headers.items()},
            path_secret=request.match_info.get("secret", ""),
            body=await read_body(request, self._body_seconds),
        )
        try:
            changes = tracker.parse_webhook(parsed)
        except RecursionError:
            raise InputError("The body is nested too deeply.") from None
        return await self._desk.interested(changes) if changes else ()

    async def _publish(self, changes: Changes, connector: str, counters: _Counters) -> None:
        now = self._now()
        events = tuple(
            msgspec.structs.replace(
                change, change=self._new_id(), source="webhook", at=change.at or now
            )
            for change in changes
        )
        try:
            await self._bus.publish(*events)
        except BusUnavailable:
            counters.unavailable.inc()
            self._metrics.publish_failures.labels("webhook").inc()
            raise
        counters.accepted.inc()
        counters.events.inc(len(events))
        for event in events:
            log.debug(
                "webhook.accepted", connector=connector, issue=event.issue, change=event.change
            )

    def _of(self, connector: str) -> _Counters:
        counters = self._counters.get(connector)
        if counters is None:
            counters = self._counters[connector] = _Counters(self._metrics, connector)
        return counters


def _accepted(status: int, count: int) -> web.Response:
    return web.Response(
        body=b'{"accepted":%d}' % count, status=status, content_type="application/json"
    )
