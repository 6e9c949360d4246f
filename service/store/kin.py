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
