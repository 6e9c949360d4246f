"""Answers of the management API that are kept for a while, by caller and Idempotency-Key. They may
hold what is shown only once, so they are sealed."""

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store.tables import api_answers
from service.store.vault import Vault

_t = api_answers.c
_TABLE, _COLUMN = "api_answers", "body"


class KeptAnswer(msgspec.Struct, frozen=True):
    digest: bytes
    """Of the request."""
    status: int
    """0 while it is under way, or when its daemon ended before it was done."""
    body: bytes


def begin(
    c: sa.Connection,
    vault: Vault,
    caller: str,
    key: str,
    digest: bytes,
    *,
    now: Millis,
    ttl: Millis,
) -> KeptAnswer | None:
    """Takes the key, or answers what it stands for."""
    c.execute(sa.delete(api_answers).where(_t.at < now - ttl))
    values = {"caller": caller, "key": key, "digest": digest, "at": now, "status": 0}
    added = c.execute(
        sa.text(
            "INSERT INTO api_answers (caller, key, digest, at, status, body)"
            " VALUES (:caller, :key, :digest, :at, :status, NULL)"
            " ON CONFLICT (caller, key) DO NOTHING"
        ),
        values,
    )
    if added.rowcount:
        return None
    row = c.execute(sa.select(api_answers).where(_this(caller, key))).one()
    body = b""
    if row.body is not None:
        body = vault.open(row.body, table=_TABLE, row=_row(caller, key), column=_COLUMN)
    return KeptAnswer(bytes(row.digest), row.status, body)


def keep(c: sa.Connection, vault: Vault, caller: str, key: str, status: int, body: bytes) -> None:
    sealed = vault.seal(body, table=_TABLE, row=_row(caller, key), column=_COLUMN)
    c.execute(sa.update(api_answers).where(_this(caller, key)).values(status=status, body=sealed))


def forget(c: sa.Connection, caller: str, key: str) -> None:
    c.execute(sa.delete(api_answers).where(_this(caller, key)))


def prune(c: sa.Connection, before: Millis, limit: int = 5000) -> int:
    """Removes up to `limit` of those from before that moment; answers how many."""
    oldest = sa.select(_t.caller, _t.key).where(_t.at < before).limit(limit)
    return c.execute(
        sa.delete(api_answers).where(sa.tuple_(_t.caller, _t.key).in_(oldest))
    ).rowcount


def _this(caller: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(_t.caller == caller, _t.key == key)


def _row(caller: str, key: str) -> str:
    return f"{caller}\n{key}"
