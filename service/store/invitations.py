"""Invitations: used once, expiring, revocable, and dead after a few wrong tries."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store.tables import invitations

MAX_TRIES = 5

_t = invitations.c


class Invitation(msgspec.Struct, frozen=True):
    id: str
    verifier: bytes
    """From which the secret cannot be found, and by which it is recognised."""
    draft: bytes
    """The connection to be, in the form that the inviter gave it."""
    created: Millis
    expires: Millis
    tries: int = 0
    used: Millis | None = None
    revoked: Millis | None = None
    answer: bytes | None = None
    """What the joiner was answered, for when that answer was lost."""
    connection: str | None = None
    """This node's own id of the connection that it makes."""


def add(
    c: sa.Connection,
    id: str,
    verifier: bytes,
    draft: bytes,
    *,
    now: Millis,
    expires: Millis,
    connection: str = "",
) -> None:
    fresh = {"verifier": verifier, "draft": draft, "created": now, "expires": expires}
    c.execute(sa.insert(invitations).values(id=id, tries=0, connection=connection, **fresh))


def get(c: sa.Connection, id: str) -> Invitation | None:
    row = c.execute(sa.select(invitations).where(_t.id == id)).one_or_none()
    return None if row is None else _invitation(row)


def all(c: sa.Connection) -> list[Invitation]:
    """The newest first."""
    rows = c.execute(sa.select(invitations).order_by(_t.created.desc(), _t.id))
    return [_invitation(row) for row in rows]


def of_connection(c: sa.Connection, connection: str) -> list[Invitation]:
    """The one that counts first, then the newest of those that were revoked."""
    mine = sa.select(invitations).where(_t.connection == connection)
    mine = mine.order_by(_t.revoked.is_not(None), _t.created.desc(), _t.id)
    return [_invitation(row) for row in c.execute(mine)]


def burn(c: sa.Connection, id: str, now: Millis) -> bool:
    """True for exactly one caller, and only while the invitation is good."""
    good = sa.and_(
        _t.id == id,
        _t.used.is_(None),
        _t.revoked.is_(None),
        _t.expires > now,
        _t.tries < MAX_TRIES,
    )
    return c.execute(sa.update(invitations).where(good).values(used=now)).rowcount > 0


def count_try(c: sa.Connection, id: str) -> int:
    """After a wrong secret; answers how many there were. 0: no such invitation."""
    counted = sa.update(invitations).where(_t.id == id).values(tries=_t.tries + 1)
    return c.execute(counted.returning(_t.tries)).scalar() or 0


def set_answer(c: sa.Connection, id: str, answer: bytes) -> None:
    c.execute(sa.update(invitations).where(_t.id == id).values(answer=answer))


def set_draft(c: sa.Connection, id: str, draft: bytes) -> None:
    c.execute(sa.update(invitations).where(_t.id == id).values(draft=draft))


def revoke(c: sa.Connection, id: str, now: Millis) -> bool:
    """False when it was used or revoked before."""
    open_ = sa.and_(_t.id == id, _t.used.is_(None), _t.revoked.is_(None))
    return c.execute(sa.update(invitations).where(open_).values(revoked=now)).rowcount > 0


def remove(c: sa.Connection, connection: str) -> None:
    """Those of a connection that is forgotten."""
    c.execute(sa.delete(invitations).where(_t.connection == connection))


def _invitation(row: sa.Row[Any]) -> Invitation:
    return Invitation(**row._mapping)
