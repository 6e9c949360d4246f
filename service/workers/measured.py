"""Rules and tracker requests, measured on their way."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal

import aiohttp

from schemas.issue import Issue
from schemas.replica import Replica
from schemas.rules import Diagnostic, Outgoing, RuleContext, RuleSet, Snippet, Wanted
from service.metrics import Metrics
from service.rules.port import Direction, RuleEngine


class MeasuredEngine:
    """A rule engine that tells how long each connection's rules take."""

    def __init__(self, engine: RuleEngine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics

    async def outgoing(self, rules: RuleSet, issue: Issue, context: RuleContext) -> Outgoing | None:
        began = time.perf_counter()
        try:
            return await self._engine.outgoing(rules, issue, context)
        finally:
            self._observe(context.connection, "outgoing", began)

    async def incoming(
        self, rules: RuleSet, replica: Replica, issue: Issue | None, context: RuleContext
    ) -> Wanted | None:
        began = time.perf_counter()
        try:
            return await self._engine.incoming(rules, replica, issue, context)
        finally:
            self._observe(context.connection, "incoming", began)

    async def check(
        self, direction: Direction, source: str, file: str, library: tuple[Snippet, ...] = ()
    ) -> tuple[Diagnostic, ...]:
        return await self._engine.check(direction, source, file, library)

    async def check_snippet(
        self, snippet: Snippet, library: tuple[Snippet, ...]
    ) -> tuple[Diagnostic, ...]:
        return await self._engine.check_snippet(snippet, library)

    async def close(self) -> None:
        await self._engine.close()

    def _observe(self, connection: str, direction: Direction, began: float) -> None:
        seconds = time.perf_counter() - began
        self._metrics.rule_seconds.labels(connection, direction).observe(seconds)


def request_tracing(metrics: Metrics, connector: str) -> aiohttp.TraceConfig:
    """Counts a connector's requests by the class of their answer, and times them."""
    seconds = metrics.tracker_seconds.labels(connector)
    counters = {
        result: metrics.tracker_calls.labels(connector, result)
        for result in ("2xx", "3xx", "4xx", "5xx", "failed")
    }

    async def begin(_: aiohttp.ClientSession, call: SimpleNamespace, __: Any) -> None:
        call.began = time.perf_counter()

    async def end(
        _: aiohttp.ClientSession, call: SimpleNamespace, done: aiohttp.TraceRequestEndParams
    ) -> None:
        seconds.observe(time.perf_counter() - call.began)
        counters.get(f"{done.response.status // 100}xx", counters["failed"]).inc()

    async def fail(
        _: aiohttp.ClientSession, call: SimpleNamespace, __: aiohttp.TraceRequestExceptionParams
    ) -> None:
        seconds.observe(time.perf_counter() - call.began)
        counters["failed"].inc()

    tracing = aiohttp.TraceConfig()
    tracing.on_request_start.append(begin)
    tracing.on_request_end.append(end)
    tracing.on_request_exception.append(fail)
    return tracing


class MeasuredTraffic:
    """Counts what passes between this node and its peers, under their names."""

    def __init__(self, metrics: Metrics, name: Callable[[str], str]) -> None:
        self._metrics = metrics
        self._name = name

    def exchanged(self, peer: str, sent: int, received: int) -> None:
        name, metrics = self._name(peer), self._metrics
        metrics.peer_exchanges.labels(name).inc()
        metrics.peer_bytes.labels(name, "out").inc(sent)
        metrics.peer_bytes.labels(name, "in").inc(received)

    def carried(self, peer: str, direction: Literal["in", "out"], *, resumed: bool) -> None:
        counted = self._metrics.attachments_carried
        counted.labels(self._name(peer), direction, "yes" if resumed else "no").inc()

    def refused(self, peer: str, reason: str) -> None:
        self._metrics.refused_items.labels(self._name(peer), reason or "altered").inc()
