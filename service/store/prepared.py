"""Statements of the hot path, compiled once per database."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import sqlalchemy as sa

Columns = tuple[Any, ...]


class _Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...
    def execute(self, sql: str, parameters: Mapping[str, object]) -> object: ...
    def fetchall(self) -> list[Columns]: ...


class _Driver(Protocol):
    def cursor(self) -> _Cursor: ...


_CURSOR = "tidegate.cursor"


class Prepared:
    """A statement that goes straight to the driver, inside the connection's transaction.

    Per execution this costs a quarter of what the generic path costs. In return, values come and
    go as the driver has them: use text, integers, bytes and booleans only, and no expanding IN.
    """

    def __init__(self, statement: sa.ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, object]]] = {}

    def all(self, c: sa.Connection, **parameters: object) -> list[Columns]:
        return self._run(c, parameters).fetchall()

    def one(self, c: sa.Connection, **parameters: object) -> Columns | None:
        """The first row. Fetches all, since an open cursor would hold up SQLite's commit."""
        rows = self._run(c, parameters).fetchall()
        return rows[0] if rows else None

    def count(self, c: sa.Connection, **parameters: object) -> int:
        """How many rows were changed; for statements without RETURNING."""
        return self._run(c, parameters).rowcount

    def _run(self, c: sa.Connection, parameters: dict[str, object]) -> _Cursor:
        found = self._compiled.get(c.dialect.name)
        if found is None:
            found = self._compile(c.dialect)
        sql, constants = found
        if constants:
            parameters = constants | parameters
        cursor = _cursor(c)
        cursor.execute(sql, parameters)
        return cursor

    def _compile(self, dialect: sa.Dialect) -> tuple[str, dict[str, object]]:
        compiled = self._statement.compile(dialect=dialect)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        result = (str(compiled), constants)
        self._compiled[dialect.name] = result
        return result


def _cursor(c: sa.Connection) -> _Cursor:
    """The one of this connection: psycopg takes a quarter of a statement's time to make another."""
    kept = c.info
    cursor = kept.get(_CURSOR)
    if cursor is None:
        # Both sqlite3 and psycopg connections offer this.
        cursor = kept[_CURSOR] = cast(_Driver, c.connection.driver_connection).cursor()
    return cast(_Cursor, cursor)
