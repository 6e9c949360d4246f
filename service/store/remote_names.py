"""How the other side's values were called, by the ids that its tracker gives them."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store.tables import remote_names

_n = remote_names.c
MOST = 5_000
"""Of one connection: what is beyond is known by its name alone."""


class Seen(msgspec.Struct, frozen=True):
    field: str
    id: str
    name: str


def of(c: sa.Connection, connection: str) -> list[Seen]:
    """Those that were told last come last."""
    rows = c.execute(
        sa.select(_n.field, _n.value, _n.name)
        .where(_n.connection == connection)
        .order_by(_n.at, _n.name)
    )
    return [Seen(*row) for row in rows]


def add(c: sa.Connection, connection: str, seen: Iterable[Seen], now: Millis) -> None:
    held = sa.select(sa.func.count(), sa.func.max(_n.at)).where(_n.connection == connection)
    count, newest = c.execute(held).one()
    for at, each in enumerate(list(seen)[: max(MOST - count, 0)], max(now, (newest or 0) + 1)):
        c.execute(
            sa.text(
                "INSERT INTO remote_names (connection, field, value, name, at)"
                " VALUES (:connection, :field, :value, :name, :at)"
                " ON CONFLICT (connection, field, value, name) DO UPDATE SET at = excluded.at"
            ).bindparams(
                sa.bindparam("field", type_=_n.field.type),
                sa.bindparam("value", type_=_n.value.type),
                sa.bindparam("name", type_=_n.name.type),
            ),
            {
                "connection": connection,
                "field": each.field,
                "value": each.id,
                "name": each.name,
                "at": at,
            },
        )
