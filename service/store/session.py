"""One thread's connection: runs functions in a transaction and repeats it where that is safe."""

import sqlite3
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, cast

import sqlalchemy as sa

from service.store.faults import driver_error, explain, is_lost, is_rolled_back

_TRIES = 5


class Job:
    """A function over a connection, and what came of it."""

    __slots__ = ("error", "result", "work")

    def __init__(self, work: Callable[[sa.Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, c: sa.Connection) -> None:
        self.result = self.work(c)


class Caught:
    """Takes whatever a block raises, to hand it to the waiter in another thread."""

    error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self.error = error
        return True


class Session:
    """Keeps a connection open from one transaction to the next. For one thread only."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._connection: sa.Connection | None = None
        self._may_repeat = False

    def settle(self, jobs: Sequence[Job]) -> None:
        """Runs all jobs in one transaction; a job that fails takes only its own writes with it."""
        failure: BaseException | None = None
        for _ in range(_TRIES):
            failure = self._attempt(jobs)
            if failure is None or not self._may_repeat:
                break
        if failure is not None:
            for job in jobs:
                job.error = explain(failure)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with Caught():  # It is given up in any case.
                connection.close()

    def _attempt(self, jobs: Sequence[Job]) -> BaseException | None:
        reused = self._connection is not None
        committing = False
        with Caught() as caught:
            connection = self._open()
            with connection.begin():
                _perform(connection, jobs)
                committing = True
        error = caught.error
        if error is None:
            return None
        self._may_repeat = is_rolled_back(error) or (reused and not committing and is_lost(error))
        if driver_error(error) is not None:
            self.close()
        return error

    def _open(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection


def _perform(c: sa.Connection, jobs: Sequence[Job]) -> None:
    if len(jobs) == 1:
        jobs[0].run(c)
        return
    driver = cast(sqlite3.Connection, c.connection.driver_connection)
    for job in jobs:
        driver.execute("SAVEPOINT job")
        with Caught() as caught:
            job.run(c)
        if caught.error is not None:
            if not driver.in_transaction:
                # A full disk and the like made SQLite roll back all of them.
                raise caught.error
            driver.execute("ROLLBACK TO job")
        driver.execute("RELEASE job")
        job.error = caught.error and explain(caught.error)
