"""Collects what the parts say about themselves."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import msgspec

from schemas.health import HealthCheck, HealthReport, HealthStatus
from schemas.values import Millis

CHECK_SECONDS = 2.0
CACHE_MS = 2_000


class Finding(msgspec.Struct, frozen=True):
    """What one check found. `output` tells a person what is wrong."""

    status: HealthStatus = "pass"
    output: str = ""
    value: int | float | str | None = None
    unit: str = ""


Check = Callable[[], Awaitable[Finding]]
GroupCheck = Callable[[], Awaitable[Mapping[str, Finding]]]


class HealthBoard:
    """Only a check that was added as `vital` can make the node fail: a broken tracker or peer
    leaves it degraded, because it stores and forwards."""

    def __init__(
        self,
        *,
        node: str,
        version: str,
        now: Callable[[], Millis],
        check_seconds: float = CHECK_SECONDS,
        cache_ms: Millis = CACHE_MS,
    ) -> None:
        self._node = node
        self._version = version
        self._now = now
        self._seconds = check_seconds
        self._cache_ms = cache_ms
        self._checks: dict[str, GroupCheck] = {}
        self._vital: set[str] = set()
        self._closed = "starting"
        self._cached: tuple[Millis, HealthReport] | None = None
        self._under_way: asyncio.Task[HealthReport] | None = None

    def add(self, name: str, check: Check, *, vital: bool = False) -> None:
        async def alone() -> dict[str, Finding]:
            return {name: await check()}

        self.add_group(name, alone, vital=vital)

    def add_group(self, name: str, check: GroupCheck, *, vital: bool = False) -> None:
        """For parts that come and go: one function answers for all connectors, or all tasks."""
        self._checks[name] = check
        if vital:
            self._vital.add(name)

    def open(self) -> None:
        """Migrations are done and the listeners stand."""
        self._closed = ""
        self._cached = None

    def close(self, why: str) -> None:
        self._closed = why
        self._cached = None

    async def ready(self) -> str:
        """'' when work can be taken, else why not."""
        if self._closed:
            return self._closed
        report = await self.report()
        return report.output if report.status == "fail" else ""

    async def report(self) -> HealthReport:
        """At most one round of checks at a time; its result is good for two seconds."""
        if self._cached is not None and self._now() - self._cached[0] < self._cache_ms:
            return self._cached[1]
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._look())
        return await asyncio.shield(self._under_way)

    async def _look(self) -> HealthReport:
        names = tuple(self._checks)
        rounds = [asyncio.create_task(self._ask(name)) for name in names]
        if rounds:
            await asyncio.wait(rounds)
        groups = {name: _outcome(name, task) for name, task in zip(names, rounds, strict=True)}
        report = self._judge(groups)
        self._cached = (self._now(), report)
        return report

    async def _ask(self, name: str) -> Mapping[str, Finding]:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._checks[name]()
        except TimeoutError:
            return {name: Finding("fail", f"No answer within {self._seconds:g} seconds.")}

    def _judge(self, groups: Mapping[str, Mapping[str, Finding]]) -> HealthReport:
        at = datetime.fromtimestamp(self._now() / 1_000, UTC).isoformat(timespec="seconds")
        worst: HealthStatus = "fail" if self._closed else "pass"
        output = self._closed
        checks: dict[str, list[HealthCheck]] = {}
        for group, findings in groups.items():
            for name, found in findings.items():
                status = _weight(found.status, vital=group in self._vital)
                checks[name] = [HealthCheck(status, found.output, found.value, found.unit, at)]
                if _RANK[status] > _RANK[worst]:
                    worst, output = status, f"{name}: {found.output}"
        return HealthReport(worst, self._version, self._node, output, checks)


_RANK: dict[HealthStatus, int] = {"pass": 0, "warn": 1, "fail": 2}


def _weight(status: HealthStatus, *, vital: bool) -> HealthStatus:
    return "warn" if status == "fail" and not vital else status


def _outcome(name: str, task: asyncio.Task[Mapping[str, Finding]]) -> Mapping[str, Finding]:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        return {name: Finding("fail", f"{type(error).__name__}: {error}")}
    return {name: Finding("fail", "cancelled")} if task.cancelled() else task.result()
