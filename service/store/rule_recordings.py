"""What rules were given, sealed; bounded for each connection in time and in size."""

import msgspec
import sqlalchemy as sa

from schemas.errors import ConfigurationError
from schemas.values import Millis
from service.store.tables import rule_recordings
from service.store.vault import Vault

_t = rule_recordings.c


class Bounds(msgspec.Struct, frozen=True):
    since: Millis
    """What was recorded before goes."""
    size: int
    """Bytes, sealed; the oldest go first."""


class Recording(msgspec.Struct, frozen=True):
    id: int
    at: Millis
    content: bytes


class Held(msgspec.Struct, frozen=True):
    count: int
    size: int
    oldest: Millis | None


def add(
    c: sa.Connection,
    vault: Vault,
    connection: str,
    contents: list[bytes],
    *,
    place: str,
    at: Millis,
    bounds: Bounds,
) -> None:
    """`place` is random, so that what is sealed cannot be moved from one row to another."""
    rows = []
    for number, content in enumerate(contents):
        spot = f"{place}-{number}"
        sealed = vault.seal(content, table="rule_recordings", row=spot, column="sealed")
        rows.append(
            {
                "connection": connection,
                "at": at,
                "place": spot,
                "size": len(sealed),
                "sealed": sealed,
            }
        )
    if rows:
        c.execute(sa.insert(rule_recordings), rows)
    prune(c, connection, bounds)


def prune(c: sa.Connection, connection: str, bounds: Bounds) -> int:
    """Answers how many went."""
    mine = _t.connection == connection
    gone = c.execute(sa.delete(rule_recordings).where(mine, _t.at < bounds.since)).rowcount
    excess = held(c, connection).size - bounds.size
    last = 0
    for row in c.execute(sa.select(_t.id, _t.size).where(mine).order_by(_t.id)):
        if excess <= 0:
            break
        excess -= row.size
        last = row.id
    if last:
        gone += c.execute(sa.delete(rule_recordings).where(mine, _t.id <= last)).rowcount
    return gone


def forget(c: sa.Connection, connection: str) -> int:
    return c.execute(sa.delete(rule_recordings).where(_t.connection == connection)).rowcount


def connections(c: sa.Connection) -> list[str]:
    """Those of which something is held."""
    return list(c.execute(sa.select(_t.connection).distinct()).scalars())


def held(c: sa.Connection, connection: str) -> Held:
    counted = sa.select(sa.func.count(), sa.func.sum(_t.size), sa.func.min(_t.at))
    count, size, oldest = c.execute(counted.where(_t.connection == connection)).one()
    return Held(count, int(size or 0), oldest)


def page(
    c: sa.Connection,
    vault: Vault,
    connection: str,
    *,
    since: Millis = 0,
    after: int = 0,
    limit: int = 500,
) -> list[Recording]:
    """The oldest first. What was sealed by a key that is lost is left out."""
    statement = (
        sa.select(rule_recordings)
        .where(_t.connection == connection, _t.at >= since, _t.id > after)
        .order_by(_t.id)
        .limit(limit)
    )
    found = []
    for row in c.execute(statement):
        try:
            content = vault.open(
                row.sealed, table="rule_recordings", row=row.place, column="sealed"
            )
        except ConfigurationError:
            content = b""
        found.append(Recording(row.id, row.at, content))
    return found
