"""Connectors. Their settings hold secrets and are sealed as a whole."""

from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.errors import ConfigurationError, InputError
from schemas.node import Connector
from service.store.tables import connections, connectors
from service.store.vault import Vault

_t = connectors.c
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def add(c: sa.Connection, vault: Vault, connector: Connector) -> None:
    """Raises `ConfigurationError` when the name is taken."""
    try:
        c.execute(
            sa.insert(connectors).values(
                id=connector.id,
                name=connector.name,
                system=connector.system,
                params=_seal(vault, connector),
                created=connector.created,
                revision=connector.revision,
            )
        )
    except sa.exc.IntegrityError as error:
        raise _name_taken(connector.name) from error


def get(c: sa.Connection, vault: Vault, id: str) -> Connector | None:
    return _one(c, vault, _t.id == id)


def by_name(c: sa.Connection, vault: Vault, name: str) -> Connector | None:
    return _one(c, vault, _t.name == name)


def all(c: sa.Connection, vault: Vault) -> list[Connector]:
    rows = c.execute(sa.select(connectors).order_by(_t.name))
    return [_connector(vault, row) for row in rows]


def update(c: sa.Connection, vault: Vault, connector: Connector) -> None:
    """Replaces name and settings of this very revision; the system and the day of making stay.

    Raises `InputError` 412 when there is a newer one.
    """
    statement = (
        sa.update(connectors)
        .where(_t.id == connector.id, _t.revision == connector.revision)
        .values(
            name=connector.name, params=_seal(vault, connector), revision=connector.revision + 1
        )
    )
    try:
        changed = c.execute(statement).rowcount
    except sa.exc.IntegrityError as error:
        raise _name_taken(connector.name) from error
    if changed:
        return
    if get(c, vault, connector.id) is not None:
        raise InputError(
            f"The connector {connector.name!r} was changed meanwhile.",
            status=412,
            remedy="Get it again, and put your change on top.",
        )
    raise ConfigurationError(
        f"There is no connector with the id {connector.id}.",
        remedy="List the connectors and choose one of them.",
    )


def reseal(c: sa.Connection, vault: Vault) -> int:
    """Seals again, with the newest key, what an older one sealed; answers how many."""
    rows = c.execute(sa.select(connectors).order_by(_t.id)).all()
    old = [_connector(vault, row) for row in rows if not vault.is_newest(row.params)]
    for connector in old:
        sealed = _seal(vault, connector)
        c.execute(sa.update(connectors).where(_t.id == connector.id).values(params=sealed))
    return len(old)


def remove(c: sa.Connection, id: str) -> bool:
    """False when there is none. Raises `ConfigurationError` while a connection uses it."""
    users = sa.select(connections.c.name).where(connections.c.connector == id)
    names = c.execute(users.order_by(connections.c.name).limit(3)).scalars().all()
    if names:
        raise ConfigurationError(
            f"The connector is used by: {', '.join(names)}.",
            remedy="Remove these connections first.",
        )
    return c.execute(sa.delete(connectors).where(_t.id == id)).rowcount > 0


def _one(c: sa.Connection, vault: Vault, which: sa.ColumnElement[bool]) -> Connector | None:
    row = c.execute(sa.select(connectors).where(which)).one_or_none()
    return None if row is None else _connector(vault, row)


def _connector(vault: Vault, row: sa.Row[Any]) -> Connector:
    opened = vault.open(row.params, table="connectors", row=row.id, column="params")
    return Connector(
        id=row.id,
        name=row.name,
        system=row.system,
        params=_decode(opened),
        created=row.created,
        revision=row.revision,
    )


def _seal(vault: Vault, connector: Connector) -> bytes:
    plain = _encode(connector.params)
    return vault.seal(plain, table="connectors", row=connector.id, column="params")


def _name_taken(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"A connector with the name {name!r} or the same id exists already.",
        remedy="Choose another name.",
    )
