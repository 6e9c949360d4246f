"""The activity log: what was decided for which change, and why. Only ever appended to."""

import msgspec
import sqlalchemy as sa

from schemas.node import Activity
from schemas.values import Millis
from service.store.newest_first import newest_first
from service.store.prepared import Prepared
from service.store.tables import activity

_t = activity.c
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Activity).decode

_APPEND = Prepared(
    sa.insert(activity).values(
        at=sa.bindparam("at"),
        connection=sa.bindparam("connection"),
        twin=sa.bindparam("twin"),
        body=sa.bindparam("body"),
    )
)


class ActivityRow(msgspec.Struct, frozen=True):
    id: int
    activity: Activity


def append(c: sa.Connection, entry: Activity) -> None:
    _APPEND.count(c, at=entry.at, connection=entry.connection, twin=entry.twin, body=_encode(entry))


def page(
    c: sa.Connection,
    *,
    connection: str | None = None,
    twin: str | None = None,
    after: int | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[ActivityRow]:
    """Newest first; `after` is the last id of the page before."""
    rows = newest_first(
        c, activity, connection=connection, twin=twin, after=after, limit=limit, offset=offset
    )
    return [ActivityRow(number, _decode(body)) for number, body in rows]


def count(c: sa.Connection, *, connection: str | None = None, twin: str | None = None) -> int:
    statement = sa.select(sa.func.count()).select_from(activity)
    if connection is not None:
        statement = statement.where(_t.connection == connection)
    if twin is not None:
        statement = statement.where(_t.twin == twin)
    return c.execute(statement).scalar_one()


def newest(c: sa.Connection) -> int:
    """Its id; 0 when there is none."""
    return c.execute(sa.select(sa.func.max(_t.id))).scalar() or 0


def since(c: sa.Connection, after: int, *, limit: int) -> list[ActivityRow]:
    """The oldest first, of those with higher ids."""
    statement = sa.select(_t.id, _t.body).where(_t.id > after).order_by(_t.id).limit(limit)
    return [ActivityRow(number, _decode(body)) for number, body in c.execute(statement)]


def prune(c: sa.Connection, before: Millis, limit: int = 5000) -> int:
    """Removes up to `limit` of the oldest entries from before that moment; answers how many.

    A bound keeps the writer free for others: call it until it answers less than `limit`.
    """
    oldest = sa.select(_t.id).order_by(_t.id).limit(limit).subquery()
    statement = sa.delete(activity).where(_t.id.in_(sa.select(oldest.c.id)), _t.at < before)
    return c.execute(statement).rowcount
