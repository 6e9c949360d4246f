"""Where each scan of a connector goes on."""

import sqlalchemy as sa

from schemas.values import Millis
from service.store.prepared import Prepared
from service.store.tables import cursors

_t = cursors.c

_PUT = Prepared(
    sa.text(
        "INSERT INTO cursors (connector, name, cursor, changed)"
        " VALUES (:connector, :name, :cursor, :now) ON CONFLICT (connector, name)"
        " DO UPDATE SET cursor = excluded.cursor, changed = excluded.changed"
    )
)


def get(c: sa.Connection, connector: str, name: str) -> str | None:
    statement = sa.select(_t.cursor).where(_t.connector == connector, _t.name == name)
    found = c.execute(statement).scalar()
    return None if found is None else found.decode()


def changed(c: sa.Connection, connector: str, name: str) -> Millis | None:
    """When it was last put."""
    statement = sa.select(_t.changed).where(_t.connector == connector, _t.name == name)
    return c.execute(statement).scalar()


def put(c: sa.Connection, connector: str, name: str, cursor: str, now: Millis) -> None:
    _PUT.count(c, connector=connector, name=name, cursor=cursor.encode(), now=now)
