"""What is kept of changes over the API: the audit log, and answers for who asks again."""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.access import Answered, AuditEntry, AuditQuery
from schemas.api import Page
from schemas.errors import InputError
from schemas.values import Millis
from service.store import answers, audit
from service.store.audit import Filter
from service.store.store import Store
from service.workers.operations.cursors import BY_NUMBER

_HOUR: Millis = 3_600_000


class AuditDesk:
    def __init__(self, store: Store, *, now: Callable[[], Millis]) -> None:
        self._store = store
        self._now = now

    async def begin(self, entry: AuditEntry) -> int:
        dated = msgspec.structs.replace(entry, at=self._now())
        return await self._store.write(lambda c: audit.begin(c, dated))

    async def end(self, number: int, status: int, after: Any) -> None:
        await self._store.write(lambda c: audit.end(c, number, status, after))

    async def page(self, query: AuditQuery) -> Page[AuditEntry]:
        wanted = Filter(query.caller, query.action, query.target)

        def work(c: sa.Connection) -> Page[AuditEntry]:
            return BY_NUMBER.page(
                query,
                rows=lambda after, offset, limit: audit.page(
                    c, wanted, after=after, offset=offset, limit=limit
                ),
                key=lambda entry: entry.id,
                count=lambda: audit.count(c, wanted),
            )

        return await self._store.read(work)


class RepeatDesk:
    """By caller and Idempotency-Key."""

    def __init__(self, store: Store, *, kept_hours: int = 24, now: Callable[[], Millis]) -> None:
        self._store = store
        self._kept = kept_hours * _HOUR
        self._now = now

    async def begin(self, caller: str, key: str, digest: bytes) -> Answered | None:
        now, vault, kept_for = self._now(), self._store.vault, self._kept
        kept = await self._store.write(
            lambda c: answers.begin(c, vault, caller, key, digest, now=now, ttl=kept_for)
        )
        if kept is None:
            return None
        if kept.digest != digest:
            raise InputError(
                "This Idempotency-Key was used for another request.",
                status=422,
                remedy="Use a new key for each thing that you create.",
            )
        if not kept.status:
            raise InputError(
                "The first request with this Idempotency-Key is under way, or was cut off.",
                status=409,
                remedy="Wait and try again. If it stays so, look whether it was created, and use a"
                " new key.",
            )
        return Answered(kept.status, kept.body)

    async def keep(self, caller: str, key: str, answer: Answered) -> None:
        vault = self._store.vault
        await self._store.write(
            lambda c: answers.keep(c, vault, caller, key, answer.status, answer.body)
        )

    async def forget(self, caller: str, key: str) -> None:
        await self._store.write(lambda c: answers.forget(c, caller, key))
