"""Runs: random ids by which this database is told from a copy or an older state of itself."""

import sqlalchemy as sa

from schemas.values import Millis
from service.store.tables import runs

KEPT: Millis = 90 * 86_400_000

_t = runs.c


def register(c: sa.Connection, id: str, now: Millis) -> None:
    """Also forgets those that no peer can have heard last."""
    c.execute(sa.insert(runs).values(id=id, at=now))
    c.execute(sa.delete(runs).where(_t.at < now - KEPT))


def newest(c: sa.Connection, limit: int) -> list[str]:
    statement = sa.select(_t.id).order_by(_t.at.desc(), _t.id).limit(limit)
    return [row[0] for row in c.execute(statement)]


def known(c: sa.Connection, id: str) -> bool:
    return c.execute(sa.select(_t.id).where(_t.id == id)).one_or_none() is not None
