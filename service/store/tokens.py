"""Tokens of the management API. A token itself is kept nowhere, only its digest."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.access import Role
from schemas.errors import InputError
from schemas.values import Millis
from service.store.prepared import Prepared
from service.store.tables import api_tokens

_t = api_tokens.c
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, ...]).decode


class TokenRow(msgspec.Struct, frozen=True):
    id: str
    name: str
    digest: bytes
    role: Role
    edit_alm: bool
    connections: tuple[str, ...]
    created: Millis
    created_by: str
    expires: Millis | None
    last_used: Millis | None = None
    revoked: Millis | None = None

    def is_good(self, now: Millis) -> bool:
        return self.revoked is None and (self.expires is None or self.expires > now)


_FIELDS = TokenRow.__struct_fields__
_ROW = tuple(_t[field] for field in _FIELDS)
_BY_DIGEST = Prepared(sa.select(*_ROW).where(_t.digest == sa.bindparam("digest")))
_USED = Prepared(
    sa.update(api_tokens)
    .where(_t.id == sa.bindparam("token"))
    .values(last_used=sa.bindparam("now", type_=sa.BigInteger))
)


def add(c: sa.Connection, row: TokenRow, now: Millis) -> None:
    """Takes the place of one with this name that is good no more. Raises `InputError` 409."""
    known = named(c, row.name)
    if known is not None and known.is_good(now):
        raise InputError(
            f"There is a token {row.name!r} already.",
            status=409,
            remedy="Choose another name, or revoke that one: tidegate token revoke " + row.name,
        )
    c.execute(sa.delete(api_tokens).where(_t.name == row.name))
    values = msgspec.structs.asdict(row) | {"connections": _encode(row.connections)}
    c.execute(sa.insert(api_tokens).values(values))


def by_digest(c: sa.Connection, digest: bytes) -> TokenRow | None:
    row = _BY_DIGEST.one(c, digest=digest)
    return None if row is None else _token(row)


def named(c: sa.Connection, name: str) -> TokenRow | None:
    row = c.execute(sa.select(*_ROW).where(_t.name == name)).one_or_none()
    return None if row is None else _token(tuple(row))


def page(c: sa.Connection, *, offset: int, limit: int) -> list[TokenRow]:
    """By name."""
    statement = sa.select(*_ROW).order_by(_t.name).offset(offset).limit(limit)
    return [_token(tuple(row)) for row in c.execute(statement)]


def count(c: sa.Connection) -> int:
    return c.execute(sa.select(sa.func.count()).select_from(api_tokens)).scalar_one()


def revoke(c: sa.Connection, name: str, now: Millis) -> bool:
    """False when there is none, or it was revoked before."""
    good = sa.and_(_t.name == name, _t.revoked.is_(None))
    return c.execute(sa.update(api_tokens).where(good).values(revoked=now)).rowcount > 0


def used(c: sa.Connection, id: str, now: Millis) -> None:
    _USED.count(c, token=id, now=now)


def _token(row: tuple[Any, ...]) -> TokenRow:
    found = dict(zip(_FIELDS, row, strict=True))
    found["edit_alm"] = bool(found["edit_alm"])
    found["digest"] = bytes(found["digest"])
    found["connections"] = _decode(found["connections"])
    return TokenRow(**found)
