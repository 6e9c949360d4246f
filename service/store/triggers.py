"""Triggers, several per connection."""

import msgspec
import sqlalchemy as sa

from schemas.triggers import TriggerSpec
from schemas.values import Millis
from service.store.tables import triggers

_t = triggers.c
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(TriggerSpec).decode


class TriggerRow(msgspec.Struct, frozen=True):
    connection: str
    name: str
    spec: TriggerSpec
    created: Millis


def put(c: sa.Connection, row: TriggerRow) -> None:
    """In place of the one that is called so; it keeps its date."""
    known = get(c, row.connection, row.name)
    remove(c, row.connection, row.name)
    c.execute(
        sa.insert(triggers).values(
            connection=row.connection,
            name=row.name,
            active=row.spec.active,
            created=known.created if known else row.created,
            body=_encode(row.spec),
        )
    )


def get(c: sa.Connection, connection: str, name: str) -> TriggerRow | None:
    found = [row for row in of_connection(c, connection) if row.name == name]
    return found[0] if found else None


def of_connection(c: sa.Connection, connection: str) -> list[TriggerRow]:
    wanted = sa.select(triggers).where(_t.connection == connection).order_by(_t.name)
    return _rows(c, wanted)


def all(c: sa.Connection) -> list[TriggerRow]:
    return _rows(c, sa.select(triggers).order_by(_t.connection, _t.name))


def active(c: sa.Connection) -> list[TriggerRow]:
    return _rows(c, sa.select(triggers).where(_t.active).order_by(_t.connection, _t.name))


def remove(c: sa.Connection, connection: str, name: str) -> bool:
    gone = sa.delete(triggers).where(_t.connection == connection, _t.name == name)
    return c.execute(gone).rowcount > 0


def _rows(
    c: sa.Connection, wanted: sa.Select[tuple[str, str, bool, int, bytes]]
) -> list[TriggerRow]:
    return [
        TriggerRow(row.connection, row.name, _decode(row.body), row.created)
        for row in c.execute(wanted)
    ]
