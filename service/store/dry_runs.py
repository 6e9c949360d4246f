"""Dry runs between nodes, for as long as somebody waits: those asked of a peer, and those asked by
one. At most one of each is open in a connection. What was answered is sealed."""

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store.tables import dry_runs
from service.store.vault import Vault

_t = dry_runs.c
_TABLE, _COLUMN = "dry_runs", "answer"


class DryRunKey(msgspec.Struct, frozen=True):
    connection: str
    ours: bool
    """Asked by this node; else by the peer."""
    id: str
    peer: str


def begin(c: sa.Connection, key: DryRunKey, *, until: Millis, now: Millis) -> bool:
    """False while another is open, or when this one was begun before. The caller holds the
    connection's row, so that of two daemons only one begins."""
    other = sa.select(_t.id).where(
        _t.connection == key.connection,
        _t.ours == key.ours,
        sa.or_(_t.id == key.id, sa.and_(_t.open, _t.until > now)),
    )
    if c.execute(other.limit(1)).first() is not None:
        return False
    values = msgspec.structs.asdict(key) | {"until": until, "open": True, "answer": None}
    c.execute(sa.insert(dry_runs).values(values))
    return True


def is_known(c: sa.Connection, key: DryRunKey) -> bool:
    return c.execute(sa.select(_t.id).where(_this(key))).first() is not None


def finish(c: sa.Connection, key: DryRunKey) -> bool:
    """Another may begin; False when it was forgotten meanwhile."""
    return c.execute(sa.update(dry_runs).where(_this(key)).values(open=False)).rowcount > 0


def answer(c: sa.Connection, vault: Vault, key: DryRunKey, body: bytes) -> bool:
    """Keeps the first answer to what is waited for; False for any other."""
    sealed = vault.seal(body, table=_TABLE, row=_row(key), column=_COLUMN)
    first = sa.update(dry_runs).where(_this(key), _t.answer.is_(None)).values(answer=sealed)
    return c.execute(first).rowcount > 0


def answered(c: sa.Connection, vault: Vault, key: DryRunKey) -> bytes | None:
    """None: not yet."""
    sealed = c.execute(sa.select(_t.answer).where(_this(key))).scalar()
    if sealed is None:
        return None
    return vault.open(sealed, table=_TABLE, row=_row(key), column=_COLUMN)


def forget(c: sa.Connection, key: DryRunKey) -> None:
    c.execute(sa.delete(dry_runs).where(_this(key)))


def over(c: sa.Connection, now: Millis) -> list[DryRunKey]:
    """Those for which nobody waits any more."""
    rows = c.execute(sa.select(_t.connection, _t.ours, _t.id, _t.peer).where(_t.until <= now))
    return [DryRunKey(*row) for row in rows]


def _this(key: DryRunKey) -> sa.ColumnElement[bool]:
    return sa.and_(
        _t.connection == key.connection,
        _t.ours == key.ours,
        _t.id == key.id,
        _t.peer == key.peer,
    )


def _row(key: DryRunKey) -> str:
    return f"{key.connection}\n{key.id}"
