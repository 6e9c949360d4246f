"""Passes by which other nodes may use this one as their relay."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.errors import InputError
from schemas.values import Millis
from service.store.tables import relay_blobs, relay_channels, relay_passes, relay_slots

_t = relay_passes.c


class RelayPassRow(msgspec.Struct, frozen=True):
    id: str
    name: str
    secret: bytes
    """From which the pass cannot be made, and by which it is recognised."""
    quota: int
    """Bytes that may lie here for it."""
    created: Millis
    expires: Millis
    """It opens no channel after this; those that it has opened stay."""
    revoked: Millis | None = None


class Usage(msgspec.Struct, frozen=True):
    channels: int
    size: int


def add(c: sa.Connection, row: RelayPassRow) -> None:
    """Raises `InputError` 409 for a name that is taken."""
    if c.execute(sa.select(_t.id).where(_t.name == row.name)).first() is not None:
        raise InputError(
            f"There is a relay pass {row.name!r} already.",
            status=409,
            remedy="Choose another name.",
        )
    c.execute(sa.insert(relay_passes).values(msgspec.structs.asdict(row)))


def get(c: sa.Connection, id: str) -> RelayPassRow | None:
    row = c.execute(sa.select(relay_passes).where(_t.id == id)).one_or_none()
    return None if row is None else _pass(row)


def named(c: sa.Connection, name: str) -> RelayPassRow | None:
    row = c.execute(sa.select(relay_passes).where(_t.name == name)).one_or_none()
    return None if row is None else _pass(row)


def count(c: sa.Connection) -> int:
    return c.execute(sa.select(sa.func.count()).select_from(relay_passes)).scalar_one()


def page(c: sa.Connection, *, offset: int = 0, limit: int) -> list[RelayPassRow]:
    """The newest first."""
    statement = sa.select(relay_passes).order_by(_t.created.desc(), _t.id)
    statement = statement.offset(offset).limit(limit)
    return [_pass(row) for row in c.execute(statement)]


def revoke(c: sa.Connection, id: str, now: Millis) -> bool:
    """False when it was revoked before."""
    open_ = sa.and_(_t.id == id, _t.revoked.is_(None))
    return c.execute(sa.update(relay_passes).where(open_).values(revoked=now)).rowcount > 0


def usage(c: sa.Connection, id: str) -> Usage:
    channels = relay_channels.c
    count = c.execute(
        sa.select(sa.func.count()).select_from(relay_channels).where(channels.pass_id == id)
    ).scalar_one()
    return Usage(count, size(c, id))


def size(c: sa.Connection, id: str) -> int:
    """Bytes that lie here for the pass."""
    total = 0
    for table in (relay_slots, relay_blobs):
        statement = (
            sa.select(sa.func.coalesce(sa.func.sum(table.c.size), 0))
            .select_from(table.join(relay_channels))
            .where(relay_channels.c.pass_id == id)
        )
        total += int(c.execute(statement).scalar_one())
    return total


def room(c: sa.Connection, id: str) -> int:
    """Bytes that may still come. On PostgreSQL other writers of the pass wait until this
    transaction ends; SQLite has one writer anyway."""
    statement = sa.select(_t.quota).where(_t.id == id).with_for_update()
    quota = c.execute(statement).scalar_one()
    return int(quota) - size(c, id)


def _pass(row: sa.Row[Any]) -> RelayPassRow:
    return RelayPassRow(**row._mapping)
