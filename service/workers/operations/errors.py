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
from service.workers.operations.cursors import BY_NUMBER, BY_TWIN, shown
from service.workers.operations.desk import Desk
from service.workers.operations.parked import Wanted, fitting, how_many
from service.workers.parking import Keep, resume

_AT_ONCE = 200
"""Twins of one transaction: others have to write in between."""


class ErrorOperations:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, query: ErrorQuery) -> Page[ErrorView]:
        connection = self._connection(query.connection)

        def work(c: sa.Connection) -> Page[ErrorView]:
            wanted = Wanted(connection, query.fault, query.search)
            page = BY_TWIN.page(
                query,
                rows=lambda after, offset, limit: fitting(
                    c, wanted, TwinKey(*after) if after else None, offset, limit
                ),
                key=lambda entry: (entry.connection, entry.twin),
                count=lambda: how_many(c, wanted),
            )
            return shown(page, self.view)

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
        wanted = Wanted(own, fault)
        found = await self._desk.store.read(lambda c: fitting(c, wanted))
        return [TwinKey(e.connection, e.twin) for e in found]

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
            page = BY_NUMBER.page(
                query,
                rows=lambda after, offset, limit: activity.page(
                    c, connection=connection, twin=twin, after=after, offset=offset, limit=limit
                ),
                key=lambda row: row.id,
                count=lambda: activity.count(c, connection=connection, twin=twin),
            )
            return shown(page, lambda row: self.named(row.activity))

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


def _ignore(c: sa.Connection, key: TwinKey, now: int) -> bool:
    entry = parked.get(c, key.connection, key.twin)
    if entry is None or not parked.ignore(c, key.connection, key.twin):
        return False
    detail = {"fault": entry.fault, "message": entry.message}
    activity.append(
        c, Activity(now, "twin.ignored", key.connection, key.twin, entry.issue, detail=detail)
    )
    return True
