"""This node's own identity; its private keys are sealed."""

import msgspec
import sqlalchemy as sa

from service.store.prepared import Prepared
from service.store.tables import identity
from service.store.vault import Vault

_t = identity.c
_ONLY = 1

own_epoch = sa.select(_t.epoch).where(_t.number == sa.literal_column(str(_ONLY))).scalar_subquery()
"""For a statement that tells more; NULL before there is an identity."""
_PUT = Prepared(
    sa.text(
        "INSERT INTO identity (number, id, name, epoch, keys, serial)"
        " VALUES (:number, :id, :name, :epoch, :keys, :serial)"
        " ON CONFLICT (number) DO UPDATE SET id = excluded.id, name = excluded.name,"
        " epoch = excluded.epoch, keys = excluded.keys,"
        " serial = excluded.serial"
    )
)


class Identity(msgspec.Struct, frozen=True):
    id: str
    """Hash of the identity key."""
    name: str
    epoch: str
    """Changes when this node was restored from a backup."""
    keys: bytes
    """Private keys, in the form that `peers` gave them."""

    def __repr__(self) -> str:
        return f"Identity(id={self.id!r}, name={self.name!r}, epoch={self.epoch!r})"


def get(c: sa.Connection, vault: Vault, *, for_update: bool = False) -> Identity | None:
    """None before the first start of this node has put one."""
    statement = sa.select(identity)
    row = c.execute(statement.with_for_update() if for_update else statement).one_or_none()
    if row is None:
        return None
    keys = vault.open(row.keys, table="identity", row=row.id, column="keys")
    return Identity(id=row.id, name=row.name, epoch=row.epoch, keys=keys)


def put(c: sa.Connection, vault: Vault, own: Identity, *, serial: int = 1) -> None:
    """`serial` is that of the card that names these keys."""
    _PUT.count(
        c,
        number=_ONLY,
        id=own.id,
        name=own.name.replace("\x00", "\ufffd"),
        epoch=own.epoch,
        serial=serial,
        keys=vault.seal(own.keys, table="identity", row=own.id, column="keys"),
    )


def serial(c: sa.Connection) -> int:
    """Of this node's card; 0 before there is an identity."""
    found = c.execute(sa.select(_t.serial)).scalar()
    return found or 0
