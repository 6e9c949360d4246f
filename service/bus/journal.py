"""The embedded bus's file and the one thread that writes it."""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from schemas.errors import BusUnavailable, ConfigurationError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS dead (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL,
    failures INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY, count INTEGER NOT NULL);
INSERT OR IGNORE INTO probe VALUES (1, 0);
"""

_GROUP = 1000
"""Orders that share one transaction at most."""

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class Order(Generic[T]):
    """One piece of work, and who waits for it."""

    __slots__ = ("_finish", "_future", "_then", "_work", "error")

    def __init__(
        self, work: Work[T], future: "asyncio.Future[T]", then: Callable[[T], None] | None
    ) -> None:
        self._work = work
        self._future = future
        self._then = then
        self._finish: Callable[[], None] | None = None
        self.error: sqlite3.Error | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        self._finish = partial(self._succeed, self._work(connection))

    def conclude(self) -> None:
        """On the loop, after the transaction has ended."""
        if self.error is not None:
            if not self._future.done():
                self._future.set_exception(_unavailable(self.error))
        elif self._finish is not None:
            self._finish()

    def _succeed(self, result: T) -> None:
        # `then` runs even when nobody waits any more: the work is done.
        if self._then is not None:
            self._then(result)
        if not self._future.done():
            self._future.set_result(result)


class Journal:
    """Runs orders in the order in which they come; those that wait together commit together."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._orders: queue.SimpleQueue[Order[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Raises `ConfigurationError` when the file cannot be used."""
        connection = await asyncio.to_thread(self._connect)
        self._thread = threading.Thread(
            target=self._run, args=(connection,), name="tidegate-bus", daemon=True
        )
        self._thread.start()

    def submit(
        self, work: Work[T], *, then: Callable[[T], None] | None = None
    ) -> "asyncio.Future[T]":
        """Resolved once committed, in the order of submission. Raises `BusUnavailable`."""
        future: asyncio.Future[T] = self._loop.create_future()
        if self._thread is None:
            future.set_exception(BusUnavailable("The bus is closed.", remedy="Start the node."))
            return future
        self._orders.put(Order(work, future, then))
        return future

    async def close(self) -> None:
        """Commits what was submitted, then closes the file."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._orders.put(None)
            await asyncio.to_thread(thread.join)

    def _connect(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                self._path, timeout=2, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as cause:
            raise _unusable(self._path, cause) from cause
        try:
            self._prepare(connection)
        except sqlite3.Error as cause:
            connection.close()
            raise _unusable(self._path, cause) from cause
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # Two daemons on one file would each handle every event.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        (page,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute(f"PRAGMA max_page_count={max(self._max_bytes // page, 16)}")
        connection.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")

    def _run(self, connection: sqlite3.Connection) -> None:
        ended = False
        while not ended:
            group: list[Order[Any]] = []
            order = self._orders.get()
            while order is not None:
                group.append(order)
                if len(group) >= _GROUP or self._orders.empty():
                    break
                order = self._orders.get()
            ended = order is None
            if group:
                self._commit(connection, group)
        connection.close()

    def _commit(self, connection: sqlite3.Connection, group: list[Order[Any]]) -> None:
        error = _transact(connection, group)
        if error is not None and len(group) > 1:
            # One bad order must not take the others down.
            for order in group:
                order.error = _transact(connection, [order])
        elif error is not None:
            group[0].error = error
        self._loop.call_soon_threadsafe(_conclude, group)


def _transact(connection: sqlite3.Connection, group: list[Order[Any]]) -> sqlite3.Error | None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for order in group:
            order.run(connection)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return error
    return None


def _conclude(group: list[Order[Any]]) -> None:
    for order in group:
        order.conclude()


def _unavailable(error: sqlite3.Error) -> BusUnavailable:
    return BusUnavailable(
        f"The bus file could not be written: {error}.",
        remedy="Look for free space and for errors of the disk that holds the data folder.",
    )


def _unusable(path: Path, error: Exception) -> ConfigurationError:
    if "locked" in str(error):
        return ConfigurationError(
            f"Another process uses the bus file {path}.",
            remedy="Stop the other node, or give this one its own data folder.",
        )
    return ConfigurationError(
        f"The bus file {path} cannot be used: {error}.",
        remedy="Make the data folder writable, or move a damaged file away.",
    )
