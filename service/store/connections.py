"""Connections: this node's ends of them."""

import msgspec
import sqlalchemy as sa

from schemas.errors import ConfigurationError
from schemas.node import Connection, ConnectionSettings, ConnectionStatus, Standing
from schemas.values import Millis
from service.store.prepared import Columns, Prepared
from service.store.tables import connections

_t = connections.c
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ConnectionSettings).decode
_decode_standing = msgspec.json.Decoder(Standing).decode

_FIELDS = Connection.__struct_fields__
_ROW = tuple(_t[field] for field in _FIELDS)
_SETTINGS = _FIELDS.index("settings")
_STANDING = _FIELDS.index("standing")
_STATUS = _FIELDS.index("status")

_GET = Prepared(sa.select(*_ROW).where(_t.id == sa.bindparam("id")))
_BY_SHARED = Prepared(sa.select(*_ROW).where(_t.shared == sa.bindparam("shared")).order_by(_t.id))


def add(c: sa.Connection, connection: Connection) -> None:
    """Raises `ConfigurationError` when the name is taken or the connector is not there."""
    values = _values(connection)
    try:
        c.execute(sa.insert(connections).values(values))
    except sa.exc.IntegrityError as error:
        raise ConfigurationError(
            f"The connection {connection.name!r} cannot be added:"
            " its name is taken or its connector does not exist.",
            remedy="Choose another name, or add the connector first.",
        ) from error


def get(c: sa.Connection, id: str) -> Connection | None:
    row = _GET.one(c, id=id)
    return None if row is None else _connection(row)


def locked(c: sa.Connection, id: str) -> Connection | None:
    """As it is now, kept from others until the commit: two daemons may be told of it at once."""
    row = c.execute(sa.select(*_ROW).where(_t.id == id).with_for_update()).one_or_none()
    return None if row is None else _connection(tuple(row))


def by_name(c: sa.Connection, name: str) -> Connection | None:
    row = c.execute(sa.select(*_ROW).where(_t.name == name)).one_or_none()
    return None if row is None else _connection(tuple(row))


def by_shared(c: sa.Connection, shared: str) -> list[Connection]:
    """Two for a local connection, else at most one."""
    return [_connection(row) for row in _BY_SHARED.all(c, shared=shared)]


def all(c: sa.Connection, status: ConnectionStatus | None = None) -> list[Connection]:
    statement = sa.select(*_ROW).order_by(_t.name)
    if status is not None:
        statement = statement.where(_t.status == status)
    return [_connection(tuple(row)) for row in c.execute(statement)]


def set_status(
    c: sa.Connection, id: str, status: ConnectionStatus, reason: str, now: Millis
) -> None:
    statement = sa.update(connections).where(_t.id == id)
    _changed(c, id, statement.values(status=status, reason=reason, changed=now))


def replace(c: sa.Connection, connection: Connection) -> None:
    """Writes all of it anew, under the same id. Raises `ConfigurationError`."""
    values = _values(connection)
    try:
        statement = sa.update(connections).where(_t.id == connection.id)
        _changed(c, connection.id, statement.values(values))
    except sa.exc.IntegrityError as error:
        raise ConfigurationError(
            f"The name {connection.name!r} is taken.", remedy="Choose another name."
        ) from error


def update_settings(c: sa.Connection, id: str, settings: ConnectionSettings, now: Millis) -> None:
    statement = sa.update(connections).where(_t.id == id)
    _changed(c, id, statement.values(settings=_encode(settings), changed=now))


def remove(c: sa.Connection, id: str) -> bool:
    """Takes its twins, rules, conflicts and parked work with it; the activity log stays."""
    return c.execute(sa.delete(connections).where(_t.id == id)).rowcount > 0


def _changed(c: sa.Connection, id: str, statement: sa.Update) -> None:
    if not c.execute(statement).rowcount:
        raise ConfigurationError(
            f"There is no connection with the id {id}.",
            remedy="List the connections and choose one of them.",
        )


def _values(connection: Connection) -> dict[str, object]:
    values = {field: getattr(connection, field) for field in _FIELDS}
    values["settings"] = _encode(connection.settings)
    values["standing"] = _encode(connection.standing)
    return values


def _connection(row: Columns) -> Connection:
    values = list(row)
    values[_SETTINGS] = _decode(values[_SETTINGS])
    values[_STANDING] = _standing(values[_STANDING], values[_STATUS])
    return Connection(*values)


def _standing(kept: bytes | None, status: ConnectionStatus) -> Standing:
    """An earlier version kept the status alone."""
    return Standing(paused_here=status == "paused") if kept is None else _decode_standing(kept)
