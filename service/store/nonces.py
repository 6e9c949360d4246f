"""Nonces of signed requests, remembered until their signature expires."""

import sqlalchemy as sa

from schemas.values import Millis
from service.store.prepared import Prepared
from service.store.tables import nonces

_REMEMBER = Prepared(
    sa.text(
        "INSERT INTO nonces (key_id, nonce, expires) VALUES (:key_id, :nonce, :expires)"
        " ON CONFLICT (key_id, nonce) DO NOTHING"
    )
)
_PRUNE = Prepared(sa.delete(nonces).where(nonces.c.expires < sa.bindparam("now")))


def remember(c: sa.Connection, key_id: str, nonce: str, expires: Millis) -> bool:
    """False when it was seen before: the request is a replay."""
    return _REMEMBER.count(c, key_id=key_id, nonce=nonce, expires=expires) > 0


def prune(c: sa.Connection, now: Millis) -> int:
    """Forgets the expired ones; answers how many."""
    return _PRUNE.count(c, now=now)
