"""The event stream's readers: each reads the activity log at its own pace, so that a slow one costs
no memory; one look at the log wakes them all."""

import asyncio
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from schemas.bulk import TaskView
from schemas.errors import InputError
from schemas.news import News
from service.store import activity
from service.store.activity import ActivityRow
from service.store.store import Store

LOOK_SECONDS = 0.5
MOST_READERS = 200
_BATCH = 500
_LATE = 200
"""On PostgreSQL a row may become visible after others with higher ids: so far back is looked."""

NameOf = Callable[[str], str]


class Reader:
    """One who follows. Not for several tasks at a time."""

    def __init__(self, store: Store, after: int, name_of: NameOf) -> None:
        self._store = store
        self._after = after
        self._name_of = name_of
        self._first = after
        self._sent: set[int] = set()
        self._tasks: dict[str, TaskView] = {}
        self._woken = asyncio.Event()
        self._woken.set()
        self.closed = False

    def wake(self) -> None:
        self._woken.set()

    def progress(self, view: TaskView) -> None:
        """Only how a task stands now is of interest."""
        self._tasks[view.id] = view
        self._woken.set()

    def close(self) -> None:
        self.closed = True
        self._woken.set()

    async def next(self, seconds: float) -> tuple[News, ...]:
        """() when nothing came within that time, or the reader was closed."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return ()
        self._woken.clear()
        if self.closed:
            return ()
        views, self._tasks = self._tasks, {}
        rows = await self._store.read(self._unread)
        if len(rows) == _BATCH:
            self._woken.set()
        progress = (News("task", view, view.connection) for view in views.values())
        return (*map(self._news, self._fresh(rows)), *progress)

    def _unread(self, c: sa.Connection) -> list[ActivityRow]:
        back = 0 if self._store.system == "sqlite" else _LATE
        return activity.since(c, max(self._first, self._after - back), limit=_BATCH + back)

    def _fresh(self, rows: list[ActivityRow]) -> list[ActivityRow]:
        fresh = [row for row in rows if row.id not in self._sent]
        if rows:
            self._after = max(self._after, rows[-1].id)
        if self._store.system != "sqlite":
            self._sent = {row.id for row in rows if row.id > self._after - _LATE}
        return fresh

    def _news(self, row: ActivityRow) -> News:
        name = self._name_of(row.activity.connection)
        named = msgspec.structs.replace(row.activity, connection=name)
        return News("activity", named, name, row.id)


class Broadcast:
    def __init__(self, store: Store, name_of: NameOf) -> None:
        self._store = store
        self._name_of = name_of
        self._readers: set[Reader] = set()
        self._closed = False

    async def open(self, after: int | None) -> Reader:
        """To be left by `leave`. None begins now. Raises `InputError` 503 when all are taken."""
        if self._closed or len(self._readers) >= MOST_READERS:
            raise InputError("No more readers are taken now.", status=503, remedy="Try later.")
        begin = await self._store.read(activity.newest) if after is None else after
        reader = Reader(self._store, begin, self._name_of)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        self._readers.discard(reader)

    def tell(self, view: TaskView) -> None:
        for reader in self._readers:
            reader.progress(view)

    def close(self) -> None:
        """All streams end, so that the node can stop."""
        self._closed = True
        for reader in self._readers:
            reader.close()

    async def run(self) -> None:
        """Looks at the log while somebody reads."""
        newest = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._readers:
                continue
            found = await self._store.read(activity.newest)
            # A row that was late has a lower id than the newest: PostgreSQL's readers always look.
            if found != newest or self._store.system != "sqlite":
                newest = found
                for reader in self._readers:
                    reader.wake()
