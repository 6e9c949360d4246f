"""Forgets what is kept for a time only: the audit log, the activity, bulk work and kept answers."""

import asyncio
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
import structlog

from schemas.values import Millis
from service.config.model import Keep
from service.store import activity, answers, audit, tasks
from service.store.store import Store

log = structlog.get_logger()

SECONDS = 3_600.0
_BATCH = 5_000
"""Rows of one transaction, so that nobody waits long for the database."""
_HOUR: Millis = 3_600_000
_DAY: Millis = 24 * _HOUR

Prune = Callable[[sa.Connection, Millis, int], int]


class Pruning:
    def __init__(
        self,
        store: Store,
        keep: Keep,
        *,
        now: Callable[[], Millis],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._keep = store, keep
        self._now, self._sleep = now, sleep

    async def run(self) -> None:
        while True:
            await self.once()
            await self._sleep(SECONDS)

    async def once(self) -> None:
        keep, now = self._keep, self._now()
        await self._prune("audit", audit.prune, now - keep.audit_days * _DAY)
        await self._prune("activity", activity.prune, now - keep.activity_days * _DAY)
        await self._prune("tasks", tasks.prune, now - keep.task_days * _DAY)
        await self._prune("answers", answers.prune, now - keep.answer_hours * _HOUR)

    async def _prune(self, what: str, prune: Prune, before: Millis) -> None:
        gone, batch = 0, _BATCH
        while batch == _BATCH:
            batch = await self._store.write(lambda c: prune(c, before, _BATCH))
            gone += batch
        if gone:
            log.info("store.pruned", what=what, count=gone)
