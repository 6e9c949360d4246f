"""Small values of the node by name."""

import sqlalchemy as sa

from service.store.prepared import Prepared
from service.store.tables import settings

_PUT = Prepared(
    sa.text(
        "INSERT INTO settings (name, value) VALUES (:name, :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )
)


def get(c: sa.Connection, name: str) -> bytes | None:
    return c.execute(sa.select(settings.c.value).where(settings.c.name == name)).scalar()


def put(c: sa.Connection, name: str, value: bytes) -> None:
    _PUT.count(c, name=name, value=value)


def remove(c: sa.Connection, name: str) -> None:
    c.execute(sa.delete(settings).where(settings.c.name == name))
