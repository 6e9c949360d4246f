"""Parked twins, which wait for a person: look at them, retry or ignore them; and the activity."""

from collections.abc import Awaitable, Callable

import msgspec
import sqlalchemy as sa

from schemas.api import Page
from schemas.error_api import ErrorQuery, ErrorView, Retried, RetryBody, RetryOne
from schemas.errors import InputError
from schemas.events import TwinDue
from schemas.node import Activity, ParkedTwin
from schemas.twin_api import ActivityQuery
from service.store import activity, parked
from service.store.twin_records import TwinKey
from service.workers.operations.desk import Desk
from service.workers.parking import Keep, resume

_AT_ONCE = 200
"""Twins of one transaction: others have to write in between."""


class ErrorOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, query: ErrorQuery) -> Page[ErrorView]:
        connection = self._connection(query.connection)

        def work(c: sa.Connection) -> Page[ErrorView]:
            if query.fault or query.search:
                found = [e for e in _all(c, connection) if _fits(e, query.fault, query.search)]
                shown = found[query.offset : query.offset + query.page_size]
                return Page(len(found), tuple(map(self.view, shown)))
            entries = parked.page(
                c, connection=connection, offset=query.offset, limit=query.page_size
            )
            return Page(parked.total(c, connection), tuple(map(self.view, entries)))

        return await self._desk.store.read(work)

    async def one(self, connection: str, twin: str) -> ErrorView:
        record = self._desk.connection(connection).record
        found = await self._desk.store.read(lambda c: parked.get(c, record.id, twin))
        if found is None:
            raise InputError(
                "This twin is not parked.", status=404, remedy="See `tidegate errors list`."
            )
        return self.view(found)

    async def retry(self, connection: str, twin: str, body: RetryOne) -> Retried:
        record = self._desk.connection(connection).record
        return Retried(await self.retry_these([TwinKey(record.id, twin)], body.keep))

    async def retry_all(self, body: RetryBody) -> Retried:
        return await self._in_parts(body, self.retry_these)

    async def ignore(self, connection: str, twin: str) -> Retried:
        record = self._desk.connection(connection).record
        return Retried(await self.ignore_these([TwinKey(record.id, twin)]))

    async def ignore_all(self, body: RetryBody) -> Retried:
        return await self._in_parts(body, self.ignore_these)

    async def chosen(self, connection: str, fault: str) -> list[TwinKey]:
        """The keys of those of a kind; '' means any."""
        own = self._connection(connection)
        found = await self._desk.store.read(lambda c: _all(c, own))
        return [TwinKey(e.connection, e.twin) for e in found if _fits(e, fault, "")]

    async def retry_these(self, keys: list[TwinKey], keep: Keep = "") -> int:
        desk = self._desk
        now, owner = desk.now(), desk.new_id()

        def work(c: sa.Connection) -> list[TwinKey]:
            return [key for key in keys if resume(c, key, keep, owner=owner, now=now)]

        freed = await desk.store.write(work)
        if freed:
            await desk.publish(tuple(TwinDue(key.twin, key.connection) for key in freed))
        return len(freed)

    async def ignore_these(self, keys: list[TwinKey]) -> int:
        now = self._desk.now()

        def work(c: sa.Connection) -> int:
            return sum(_ignore(c, key, now) for key in keys)

        return await self._desk.store.write(work)

    async def _in_parts(
        self, body: RetryBody, act: Callable[[list[TwinKey]], Awaitable[int]]
    ) -> Retried:
        keys = await self.chosen(body.connection, body.fault)
        count = 0
        for at in range(0, len(keys), _AT_ONCE):
            count += await act(keys[at : at + _AT_ONCE])
        return Retried(count)

    async def activity(self, query: ActivityQuery) -> Page[Activity]:
        connection, twin = self._connection(query.connection), query.twin or None

        def work(c: sa.Connection) -> Page[Activity]:
            rows = activity.page(
                c, connection=connection, twin=twin, offset=query.offset, limit=query.page_size
            )
            count = activity.count(c, connection=connection, twin=twin)
            return Page(count, tuple(self.named(row.activity) for row in rows))

        return await self._desk.store.read(work)

    def named(self, entry: Activity) -> Activity:
        """With the connection's name in place of its id."""
        return msgspec.structs.replace(entry, connection=self._desk.name_of(entry.connection))

    def view(self, entry: ParkedTwin) -> ErrorView:
        return ErrorView(
            twin=entry.twin,
            connection=self._desk.name_of(entry.connection),
            issue=entry.issue,
            fault=entry.fault,
            message=entry.message,
            remedy=entry.remedy,
            since=entry.since,
            attempts=entry.attempts,
            file=entry.file,
            line=entry.line,
            trace=entry.trace,
            field=entry.field,
            value=entry.value,
            choices=entry.choices,
        )

    def _connection(self, name: str) -> str | None:
        return self._desk.connection(name).record.id if name else None


def _all(c: sa.Connection, connection: str | None) -> list[ParkedTwin]:
    return parked.page(c, connection=connection, limit=1_000_000)


def _fits(entry: ParkedTwin, fault: str, search: str) -> bool:
    words = f"{entry.issue}\n{entry.twin}\n{entry.message}".casefold()
    return (not fault or entry.fault == fault) and search.casefold() in words


def _ignore(c: sa.Connection, key: TwinKey, now: int) -> bool:
    entry = parked.get(c, key.connection, key.twin)
    if entry is None or not parked.ignore(c, key.connection, key.twin):
        return False
    detail = {"fault": entry.fault, "message": entry.message}
    activity.append(
        c, Activity(now, "twin.ignored", key.connection, key.twin, entry.issue, detail=detail)
    )
    return True
