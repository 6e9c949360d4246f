"""The audit log of the management API: begun before a change is made, ended after it."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.access import AuditEntry
from schemas.values import Millis
from service.store.tables import audit

_t = audit.c


class _Body(msgspec.Struct, frozen=True, omit_defaults=True):
    given: Any = None
    before: Any = None
    after: Any = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Body).decode


class Filter(msgspec.Struct, frozen=True):
    """'' means any."""

    caller: str = ""
    action: str = ""
    target: str = ""


def begin(c: sa.Connection, entry: AuditEntry) -> int:
    """Its number."""
    added = c.execute(
        sa.insert(audit)
        .values(
            at=entry.at,
            caller=entry.caller,
            action=entry.action,
            target=entry.target,
            status=0,
            body=_encode(_Body(entry.given, entry.before)),
        )
        .returning(_t.id)
    )
    number: int = added.scalar_one()
    return number


def end(c: sa.Connection, number: int, status: int, after: Any) -> None:
    body = c.execute(sa.select(_t.body).where(_t.id == number)).scalar()
    if body is None:
        return
    whole = msgspec.structs.replace(_decode(body), after=after)
    c.execute(sa.update(audit).where(_t.id == number).values(status=status, body=_encode(whole)))


def page(
    c: sa.Connection, wanted: Filter, *, after: int | None = None, offset: int = 0, limit: int
) -> list[AuditEntry]:
    """The newest first; `after` is the last id of the page before."""
    statement = _filtered(sa.select(audit), wanted).order_by(_t.id.desc())
    if after is not None:
        statement = statement.where(_t.id < after)
    return [_entry(row) for row in c.execute(statement.offset(offset).limit(limit))]


def count(c: sa.Connection, wanted: Filter) -> int:
    statement = _filtered(sa.select(sa.func.count()).select_from(audit), wanted)
    number: int = c.execute(statement).scalar_one()
    return number


def prune(c: sa.Connection, before: Millis, limit: int = 5000) -> int:
    """Removes up to `limit` of the oldest entries from before that moment; answers how many."""
    oldest = sa.select(_t.id).where(_t.at < before).order_by(_t.at).limit(limit)
    return c.execute(sa.delete(audit).where(_t.id.in_(oldest))).rowcount


def _filtered(statement: sa.Select[Any], wanted: Filter) -> sa.Select[Any]:
    for column in ("caller", "action", "target"):
        value: str = getattr(wanted, column)
        if value:
            statement = statement.where(_t[column] == value)
    return statement


def _entry(row: sa.Row[Any]) -> AuditEntry:
    body = _decode(row.body)
    return AuditEntry(
        id=row.id,
        at=row.at,
        caller=row.caller,
        action=row.action,
        target=row.target,
        status=row.status,
        given=body.given,
        before=body.before,
        after=body.after,
    )
