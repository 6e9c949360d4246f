import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from schemas.errors import InputError, StoreUnavailable
from service.store.faults import explain, is_lost, is_rolled_back


def failed(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("it failed\nwith more lines")
    error.sqlite_errorcode = code
    return error


def with_state(kind: type[psycopg.Error], state: str | None) -> psycopg.Error:
    error = kind("it failed")
    error.sqlstate = state
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (failed(sqlite3.SQLITE_BUSY_SNAPSHOT), "Another program"),
        (failed(sqlite3.SQLITE_FULL), "full"),
        (failed(sqlite3.SQLITE_CORRUPT), "backup"),
        (psycopg.OperationalError("connection refused"), "PostgreSQL runs"),
        (psycopg.InterfaceError("the connection is closed"), "PostgreSQL runs"),
        (psycopg.errors.QueryCanceled("statement timeout"), "PostgreSQL runs"),
        (psycopg.errors.ReadOnlySqlTransaction("read-only"), "primary"),
    ],
)
def test_what_a_person_can_mend_is_unavailable(error: Exception, told: str):
    wrapped = sa.exc.DBAPIError("SELECT 1", {"password": "hunter2"}, error)
    for each in (error, wrapped):
        typed = explain(each)
        assert isinstance(typed, StoreUnavailable)
        assert told in typed.remedy
        assert "more lines" not in str(typed)
        assert "hunter2" not in str(typed)


def test_a_value_that_cannot_be_kept_is_wrong_input():
    assert isinstance(explain(psycopg.DataError("NUL")), InputError)


@pytest.mark.parametrize("error", [failed(sqlite3.SQLITE_ERROR), LookupError("x")])
def test_a_fault_of_ours_stays_as_it_is(error: Exception):
    assert explain(error) is error


def test_only_lost_connections_count_as_lost():
    assert is_lost(psycopg.OperationalError("server closed the connection"))
    assert is_lost(with_state(psycopg.errors.AdminShutdown, "57P01"))
    assert not is_lost(with_state(psycopg.errors.QueryCanceled, "57014"))
    assert not is_lost(failed(sqlite3.SQLITE_BUSY))
    assert not is_lost(LookupError())


def test_the_loser_of_a_deadlock_is_repeated():
    assert is_rolled_back(psycopg.errors.DeadlockDetected())
    assert is_rolled_back(psycopg.errors.SerializationFailure())
    assert not is_rolled_back(psycopg.errors.UniqueViolation())
