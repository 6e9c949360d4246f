"""What a driver's error means: repeat, unavailable, or a value that cannot be kept."""

import sqlite3

import psycopg
import sqlalchemy as sa

from schemas.errors import InputError, StoreUnavailable

DriverError = sqlite3.Error | psycopg.Error

_SQLITE_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: "Another program holds the database; end it.",
    sqlite3.SQLITE_LOCKED: "Another program holds the database; end it.",
    sqlite3.SQLITE_FULL: "The disk is full; make room.",
    sqlite3.SQLITE_IOERR: "The disk failed; see the system log.",
    sqlite3.SQLITE_READONLY: "Let the daemon's user write the database file and its folder.",
    sqlite3.SQLITE_CANTOPEN: "Let the daemon's user write the database file and its folder.",
    sqlite3.SQLITE_PERM: "Let the daemon's user write the database file and its folder.",
    sqlite3.SQLITE_CORRUPT: "The file is damaged; restore it from a backup.",
    sqlite3.SQLITE_NOTADB: "The file is no SQLite database; correct store.url.",
}
_POSTGRES_REMEDY = "Check that PostgreSQL runs and that store.url is right."


def driver_error(error: BaseException) -> DriverError | None:
    """The driver's own error, whether SQLAlchemy wrapped it or not."""
    if isinstance(error, sa.exc.DBAPIError):
        error = error.orig if error.orig is not None else error
    return error if isinstance(error, sqlite3.Error | psycopg.Error) else None


def is_rolled_back(error: BaseException) -> bool:
    """The server ended the transaction for the sake of another; a repetition may succeed."""
    return isinstance(
        driver_error(error),
        psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected,
    )


def is_lost(error: BaseException) -> bool:
    """The connection is gone, and with it its transaction (unless it was committing)."""
    cause = driver_error(error)
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    state = cause.sqlstate
    return state is None or state.startswith(("08", "57P"))


def explain(error: BaseException) -> BaseException:
    """The typed error for what a driver raised; anything else is given back as it is."""
    cause = driver_error(error)
    if isinstance(cause, psycopg.DataError | sqlite3.DataError):
        return InputError("The store cannot keep this value.", remedy=_first_line(cause))
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return _unavailable(cause, _POSTGRES_REMEDY)
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return _unavailable(cause, "Point store.url to the primary server, not to a standby.")
    if isinstance(cause, sqlite3.Error):
        # The low byte is the primary result code.
        remedy = _SQLITE_UNAVAILABLE.get(getattr(cause, "sqlite_errorcode", -1) & 0xFF)
        if remedy is not None:
            return _unavailable(cause, remedy)
    return error


def _unavailable(cause: DriverError, remedy: str) -> StoreUnavailable:
    return StoreUnavailable(f"The store does not answer: {_first_line(cause)}", remedy=remedy)


def _first_line(error: DriverError) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
