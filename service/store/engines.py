"""Engines for SQLite and PostgreSQL, and how their connections are set up."""

import os
import sqlite3
from pathlib import Path
from typing import Literal, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from schemas.errors import ConfigurationError, StoreUnavailable

Purpose = Literal["write", "read", "migrate"]

_PATIENCE_MS = 10_000
_PATIENCE_TO_MIGRATE_MS = 600_000
"""Another daemon may be migrating the same file, which takes as long as it is large."""
_SQLITE_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    # NORMAL could lose the last commits in a power cut, and with them what we answered 2xx to.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
)
_POSTGRES_SETTINGS = (
    "SET SESSION statement_timeout = '30s'",
    "SET SESSION lock_timeout = '15s'",
    "SET SESSION idle_in_transaction_session_timeout = '60s'",
)
_POSTGRES_READ_SETTINGS = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
)
_POSTGRES_ARGUMENTS: dict[str, object] = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "tidegate",
}


def parse_url(url: str) -> sa.URL:
    """Accepts `sqlite:///path` and `postgresql://…`. No error shows it: it may hold a password."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise _wrong_url("it cannot be parsed") from error.with_traceback(None)
    if parsed.drivername == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise _wrong_url("SQLite needs a file")
        return parsed.set(query={})
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise _wrong_url(f"{parsed.drivername.partition('+')[0]} is not supported")


def create_engine(url: sa.URL, purpose: Purpose) -> sa.Engine:
    """An engine without a pool: whoever works with it keeps its own connection."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, purpose)
    return _postgres_engine(url, purpose)


def prepare_file(url: sa.URL) -> None:
    """Makes the SQLite file before SQLite does, so that only its owner can read it."""
    if url.get_backend_name() != "sqlite":
        return
    path = Path(url.database or "")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailable(
            f"The database file {path} cannot be used: {error.strerror}.",
            remedy="Let the daemon's user write the file and its folder, or change store.url.",
        ) from error


def _sqlite_engine(url: sa.URL, purpose: Purpose) -> sa.Engine:
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True, paramstyle="named")
    begin = "BEGIN" if purpose == "read" else "BEGIN IMMEDIATE"

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        # Else the module begins transactions by itself, and not before statements like CREATE.
        connection.isolation_level = None
        patience = _PATIENCE_TO_MIGRATE_MS if purpose == "migrate" else _PATIENCE_MS
        connection.execute(f"PRAGMA busy_timeout = {patience}")
        for setting in _SQLITE_SETTINGS:
            connection.execute(setting)
        if purpose == "read":
            connection.execute("PRAGMA query_only = ON")

    def begun(c: sa.Connection) -> None:
        cast(sqlite3.Connection, c.connection.driver_connection).execute(begin)

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)
    return engine


def _postgres_engine(url: sa.URL, purpose: Purpose) -> sa.Engine:
    # What the operator wrote into the URL wins over our defaults.
    arguments = {key: value for key, value in _POSTGRES_ARGUMENTS.items() if key not in url.query}
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)

    def connected(connection: object, _record: object) -> None:
        driver = cast(psycopg.Connection, getattr(connection, "driver_connection", connection))
        settings = () if purpose == "migrate" else _POSTGRES_SETTINGS
        for setting in settings + (_POSTGRES_READ_SETTINGS if purpose == "read" else ()):
            driver.execute(setting.encode())
        driver.commit()

    sa.event.listen(engine, "connect", connected)
    return engine


def _wrong_url(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"store.url cannot be used: {why}.",
        remedy="Write sqlite:///path/to/file or postgresql://user:password@host/database.",
    )
