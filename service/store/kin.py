"""The issues and twins of one connection, by each other: to tell ties between them."""

from collections.abc import Iterable

import sqlalchemy as sa

from service.store.prepared import Prepared
from service.store.tables import twins

_t = twins.c
_bind = sa.bindparam

_TWIN_OF = Prepared(
    sa.select(_t.connection, _t.twin).where(
        _t.connector == _bind("connector"), _t.issue_id == _bind("issue")
    )
)
_ISSUE_OF = Prepared(
    sa.select(_t.issue_id, _t.stopped).where(
        _t.connection == _bind("connection"),
        _t.twin == _bind("twin"),
        _t.issue_id.is_not(None),
    )
)


_LOCAL_KEY = Prepared(
    sa.select(_t.issue_key)
    .where(_t.connection == _bind("connection"), _t.remote_key == _bind("key"))
    .order_by(_t.stopped, _t.created)
    .limit(sa.literal_column("1"))
)
_REMOTE_KEY = Prepared(
    sa.select(_t.remote_key)
    .where(
        _t.connection == _bind("connection"),
        _t.connector == _bind("connector"),
        _t.issue_key == _bind("key"),
    )
    .order_by(_t.stopped, _t.created)
    .limit(sa.literal_column("1"))
)


def local_key(c: sa.Connection, connection: str, remote_key: str) -> str | None:
    row = _LOCAL_KEY.one(c, connection=connection, key=remote_key)
    return None if row is None else row[0]


def remote_key(c: sa.Connection, connection: str, connector: str, local_key: str) -> str | None:
    row = _REMOTE_KEY.one(c, connection=connection, connector=connector, key=local_key)
    return None if row is None else row[0]


def twins_of(
    c: sa.Connection, connection: str, connector: str, issues: Iterable[str]
) -> dict[str, str]:
    """By issue id; those without a twin in the connection are left out."""
    return {
        issue: twin
        for issue in issues
        for owner, twin in _TWIN_OF.all(c, connector=connector, issue=issue)
        if owner == connection
    }


def issues_of(
    c: sa.Connection, connection: str, twins: Iterable[str]
) -> dict[str, tuple[str, bool]]:
    """By twin: its issue, and whether it is stopped. Those without an issue are left out."""
    found = {}
    for twin in twins:
        row = _ISSUE_OF.one(c, connection=connection, twin=twin)
        if row is not None:
            found[twin] = (str(row[0]), bool(row[1]))
    return found
