"""The bus inside the process, durable in its own SQLite file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import structlog

from schemas.errors import BusUnavailable
from schemas.events import Event
from service.bus.backoff import delay
from service.bus.crew import Crew
from service.bus.envelope import Malformed, pack, unpack
from service.bus.figures import BusFigures, Counters
from service.bus.journal import Journal
from service.bus.options import BusOptions
from service.bus.port import Handler
from service.bus.waiting import Delivery, Waiting

log = structlog.get_logger()

FILE = "bus.sqlite"
_HELD = 5000
"""Events kept in memory at most; the others stay in the file until there is room."""
_PAGE = 1000
_SETTLE_DELAY = 0.25
"""Seconds after which settled events are removed by a commit of their own, where none that
publishes took them along."""

Row = tuple[int, bytes, int]


class EmbeddedBus:
    def __init__(
        self,
        journal: Journal,
        *,
        now: Callable[[], int],
        random: Callable[[], float],
        options: BusOptions,
    ) -> None:
        self._journal = journal
        self._now = now
        self._random = random
        self._options = options
        self._counters = Counters()
        self._waiting: Waiting[Delivery] = Waiting()
        self._settled: list[int] = []
        self._flushing: asyncio.TimerHandle | None = None
        self._cursor = 0
        self._behind = True
        self._loading = False
        self._timers: dict[int, tuple[asyncio.TimerHandle, Delivery]] = {}

    async def publish(self, *events: Event) -> None:
        bodies = [(pack(event),) for event in events]
        if not bodies:
            return
        self._counters.published += len(bodies)
        # Both orders wait at the same moment, so they share a commit.
        self._flush()
        committed = self._journal.submit(
            lambda connection: _append(connection, bodies),
            then=lambda last: self._arrived(last, events),
        )
        try:
            async with asyncio.timeout(self._options.publish_timeout):
                await committed
        except TimeoutError:
            raise BusUnavailable(
                f"The bus file took longer than {self._options.publish_timeout:g} s.",
                remedy="Look for a slow or failing disk under the data folder.",
            ) from None

    @asynccontextmanager
    async def _consume(self, handler: Handler, concurrency: int, batch: int) -> AsyncIterator[None]:
        crew = Crew(
            self._waiting,
            handler,
            settle=self._settle,
            release=self._waiting.put_all,
            concurrency=concurrency,
            batch=batch,
        )
        self._refill()
        try:
            yield
        finally:
            await crew.leave()

    def consume(
        self, handler: Handler, *, concurrency: int, batch: int = 50
    ) -> AbstractAsyncContextManager[None]:
        return self._consume(handler, concurrency, batch)

    async def check(self) -> str:
        try:
            async with asyncio.timeout(self._options.probe_timeout):
                await self._journal.submit(_touch)
        except BusUnavailable as problem:
            return f"{problem.message} {problem.remedy}"
        except TimeoutError:
            return "The bus file does not answer. Look for a slow or failing disk."
        return ""

    async def depth(self) -> int:
        self._flush()
        return await self._journal.submit(_count_events)

    async def dead(self) -> int:
        return await self._journal.submit(_count_dead)

    def figures(self) -> BusFigures:
        return self._counters.freeze()

    async def close(self) -> None:
        for timer, _ in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._flush()
        await self._journal.close()

    def _arrived(self, last: int, events: Sequence[Event]) -> None:
        self._counters.confirmed += len(events)
        if self._behind or len(self._waiting) >= _HELD:
            self._behind = True
            self._refill()
            return
        self._cursor = last
        first = last - len(events) + 1
        self._waiting.put_all(
            [Delivery(first + index, event, 0) for index, event in enumerate(events)]
        )

    def _refill(self) -> None:
        """Reads on from the file when memory has room."""
        if not self._behind or self._loading or len(self._waiting) > _HELD - _PAGE:
            return
        self._loading = True
        cursor = self._cursor
        page = self._journal.submit(lambda connection: _read(connection, cursor), then=self._loaded)
        page.add_done_callback(self._load_ended)

    def _load_ended(self, page: "asyncio.Future[list[Row]]") -> None:
        self._loading = False
        if page.cancelled():
            return
        if (error := page.exception()) is not None:
            log.error("bus.read_failed", exc_info=error)
        else:
            self._refill()

    def _loaded(self, rows: list[Row]) -> None:
        self._behind = len(rows) == _PAGE
        deliveries: list[Delivery] = []
        malformed: list[tuple[int, str]] = []
        for tag, body, failures in rows:
            self._cursor = tag
            try:
                deliveries.append(Delivery(tag, unpack(body), failures))
            except Malformed as problem:
                malformed.append((tag, f"malformed: {problem}"))
        self._waiting.put_all(deliveries)
        if malformed:
            self._bury(malformed)

    async def _settle(self, deliveries: list[Delivery], error: BaseException | None) -> None:
        if error is None:
            self._settled.extend([delivery.tag for delivery in deliveries])
            if self._flushing is None:
                loop = asyncio.get_running_loop()
                self._flushing = loop.call_later(_SETTLE_DELAY, self._flush)
        else:
            self._failed(deliveries, error)
        self._refill()

    def _flush(self) -> None:
        """Removes settled events. Nobody waits: after a crash they would only come once more."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        tags, self._settled = self._settled, []
        if tags:
            self._watch(self._journal.submit(lambda connection: _remove(connection, tags)), tags)

    def _watch(self, removal: "asyncio.Future[None]", tags: list[int]) -> None:
        def ended(future: "asyncio.Future[None]") -> None:
            if not future.cancelled() and (error := future.exception()) is not None:
                log.error("bus.settle_failed", events=len(tags), exc_info=error)
                # They go with the next flush.
                self._settled.extend(tags)

        removal.add_done_callback(ended)

    def _failed(self, deliveries: Iterable[Delivery], error: BaseException) -> None:
        spent: list[tuple[int, str]] = []
        again: list[Delivery] = []
        for delivery in deliveries:
            delivery.failures += 1
            if delivery.failures > self._options.delivery_limit:
                spent.append((delivery.tag, f"failed {delivery.failures} times: {error!r}"[:500]))
            else:
                again.append(delivery)
        if spent:
            self._bury(spent)
        if again:
            self._retry(again)

    def _retry(self, deliveries: list[Delivery]) -> None:
        tags = [(delivery.tag,) for delivery in deliveries]
        self._log_failure(self._journal.submit(lambda connection: _mark(connection, tags)))
        self._counters.redelivered += len(deliveries)
        loop = asyncio.get_running_loop()
        for delivery in deliveries:
            seconds = delay(
                delivery.failures - 1,
                base=self._options.redelivery_base,
                cap=self._options.redelivery_cap,
                chance=self._random(),
            )
            timer = loop.call_later(seconds, self._due, delivery.tag)
            self._timers[delivery.tag] = (timer, delivery)

    def _due(self, tag: int) -> None:
        _, delivery = self._timers.pop(tag)
        self._waiting.put(delivery)

    def _bury(self, dead: list[tuple[int, str]]) -> None:
        at = self._now()
        rows = [(reason, at, tag) for tag, reason in dead]
        for tag, reason in dead:
            log.warning("bus.dead", event_id=tag, reason=reason)
        self._counters.dead += len(dead)
        self._log_failure(self._journal.submit(lambda connection: _move(connection, rows)))

    def _log_failure(self, order: "asyncio.Future[None]") -> None:
        # Nothing is lost: the row stays as it was and comes again after a restart.
        def ended(future: "asyncio.Future[None]") -> None:
            if not future.cancelled() and (error := future.exception()) is not None:
                log.error("bus.settle_failed", exc_info=error)

        order.add_done_callback(ended)


@asynccontextmanager
async def open_embedded(
    folder: Path,
    *,
    now: Callable[[], int],
    random: Callable[[], float],
    options: BusOptions,
) -> AsyncIterator[EmbeddedBus]:
    journal = Journal(folder / FILE, max_bytes=options.max_length_bytes)
    await journal.open()
    bus = EmbeddedBus(journal, now=now, random=random, options=options)
    try:
        yield bus
    finally:
        await bus.close()


def _append(connection: sqlite3.Connection, bodies: list[tuple[bytes]]) -> int:
    """The last id; there is one writer, so those before it are consecutive."""
    connection.executemany("INSERT INTO event (body) VALUES (?)", bodies)
    (last,) = connection.execute("SELECT last_insert_rowid()").fetchone()
    return int(last)


def _read(connection: sqlite3.Connection, cursor: int) -> list[Row]:
    return connection.execute(
        "SELECT id, body, failures FROM event WHERE id > ? ORDER BY id LIMIT ?", (cursor, _PAGE)
    ).fetchall()


def _remove(connection: sqlite3.Connection, tags: list[int]) -> None:
    connection.executemany("DELETE FROM event WHERE id = ?", [(tag,) for tag in tags])


def _mark(connection: sqlite3.Connection, tags: list[tuple[int]]) -> None:
    connection.executemany("UPDATE event SET failures = failures + 1 WHERE id = ?", tags)


def _move(connection: sqlite3.Connection, rows: list[tuple[str, int, int]]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO dead (id, body, failures, reason, at)"
        " SELECT id, body, failures, ?, ? FROM event WHERE id = ?",
        rows,
    )
    connection.executemany("DELETE FROM event WHERE id = ?", [(tag,) for _, _, tag in rows])


def _touch(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE probe SET count = count + 1")


def _count_events(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM event").fetchone()
    return int(count)


def _count_dead(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM dead").fetchone()
    return int(count)
