"""ALM connectors, connections and jobs. Params hold secrets and are sealed as a whole."""

import hashlib
from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.alm import AlmJobProgress, Frequency
from schemas.values import Millis
from service.store.tables import alm_connections, alm_connectors, alm_jobs
from service.store.vault import Vault

KEPT = 1_000
"""Jobs of each connection; of those that are over, the oldest go."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_decode_names = msgspec.json.Decoder(dict[str, str]).decode
_decode_progress = msgspec.json.Decoder(AlmJobProgress).decode


class ConnectorRow(msgspec.Struct, frozen=True):
    id: int
    name: str
    system: str
    inaccessible: bool
    params: dict[str, Any]


class ConnectionRow(msgspec.Struct, frozen=True):
    id: int
    connector: int
    alias: str
    project: str
    frequency: Frequency
    debug_mode: bool
    params: dict[str, Any]
    """Its own; those of its connector stand there."""
    own: str
    """Id of the end at SD Elements."""
    names: dict[str, str] = {}
    """Of the project, its application and business unit, as they were last read."""
    due: Millis | None = None
    """When it runs next by itself."""
    remote: str = ""
    """SD Elements' own number of the connection that this one runs as a remote agent."""


class JobRow(msgspec.Struct, frozen=True):
    id: int
    connection: int
    user: str
    automatic: bool
    ready: bool
    succeeded: bool
    message: str
    created: Millis
    ended: Millis | None
    owner: str
    """The daemon that works on it; '' while it waits."""
    progress: AlmJobProgress


_c, _x, _j = alm_connectors.c, alm_connections.c, alm_jobs.c


def add_connector(c: sa.Connection, vault: Vault, row: ConnectorRow) -> int:
    return _added(c, alm_connectors, _values(row), vault, row.params)


def add_connection(c: sa.Connection, vault: Vault, row: ConnectionRow) -> int:
    return _added(c, alm_connections, _values(row), vault, row.params)


def update_connector(c: sa.Connection, vault: Vault, row: ConnectorRow) -> None:
    _updated(c, alm_connectors, row.id, _values(row), vault, row.params)


def update_connection(c: sa.Connection, vault: Vault, row: ConnectionRow) -> None:
    _updated(c, alm_connections, row.id, _values(row), vault, row.params)


def set_due(c: sa.Connection, id: int, due: Millis | None) -> None:
    c.execute(sa.update(alm_connections).where(_x.id == id).values(due=due))


def connectors(c: sa.Connection, vault: Vault) -> list[ConnectorRow]:
    rows = c.execute(sa.select(alm_connectors).order_by(_c.id))
    return [_connector(vault, row) for row in rows]


def connector(c: sa.Connection, vault: Vault, id: int) -> ConnectorRow | None:
    row = c.execute(sa.select(alm_connectors).where(_c.id == id)).one_or_none()
    return None if row is None else _connector(vault, row)


def connections(c: sa.Connection, vault: Vault) -> list[ConnectionRow]:
    rows = c.execute(sa.select(alm_connections).order_by(_x.id))
    return [_connection(vault, row) for row in rows]


def connection(c: sa.Connection, vault: Vault, id: int) -> ConnectionRow | None:
    row = c.execute(sa.select(alm_connections).where(_x.id == id)).one_or_none()
    return None if row is None else _connection(vault, row)


def seals(c: sa.Connection, table: sa.Table) -> dict[int, str]:
    """By id: another one whenever params were written, and nothing can be learned of them."""
    rows = c.execute(sa.select(table.c.id, table.c.params))
    return {row.id: hashlib.sha256(row.params).hexdigest()[:16] for row in rows}


def remove_connector(c: sa.Connection, id: int) -> bool:
    return c.execute(sa.delete(alm_connectors).where(_c.id == id)).rowcount > 0


def remove_connection(c: sa.Connection, id: int) -> bool:
    c.execute(sa.delete(alm_jobs).where(_j.connection == id))
    return c.execute(sa.delete(alm_connections).where(_x.id == id)).rowcount > 0


def due(c: sa.Connection, now: Millis) -> list[int]:
    rows = c.execute(sa.select(_x.id).where(_x.due <= now).order_by(_x.due))
    return [row[0] for row in rows]


# Jobs


def add_job(c: sa.Connection, row: JobRow) -> int:
    values = _values(row) | {"progress": _encode(row.progress)}
    number: int = c.execute(sa.insert(alm_jobs).values(values).returning(_j.id)).scalar_one()
    kept = sa.select(_j.id).where(_j.connection == row.connection)
    kept = kept.order_by(_j.id.desc()).limit(KEPT)
    of_it = sa.and_(_j.connection == row.connection, _j.ready, _j.id.not_in(kept))
    c.execute(sa.delete(alm_jobs).where(of_it))
    return number


def update_job(c: sa.Connection, row: JobRow) -> None:
    values = _values(row) | {"progress": _encode(row.progress)}
    c.execute(sa.update(alm_jobs).where(_j.id == row.id).values(values))


def job(c: sa.Connection, id: int) -> JobRow | None:
    row = c.execute(sa.select(alm_jobs).where(_j.id == id)).one_or_none()
    return None if row is None else _job(row)


def jobs(c: sa.Connection, connection: int | None = None) -> list[JobRow]:
    """The newest first."""
    found = sa.select(alm_jobs).order_by(_j.id.desc())
    if connection is not None:
        found = found.where(_j.connection == connection)
    return [_job(row) for row in c.execute(found)]


def last_jobs(c: sa.Connection) -> dict[int, JobRow]:
    """By connection."""
    newest = sa.select(sa.func.max(_j.id)).group_by(_j.connection)
    rows = c.execute(sa.select(alm_jobs).where(_j.id.in_(newest)))
    return {row.connection: _job(row) for row in rows}


def open_jobs(c: sa.Connection) -> list[JobRow]:
    """Not over, the oldest first."""
    rows = c.execute(sa.select(alm_jobs).where(sa.not_(_j.ready)).order_by(_j.id))
    return [_job(row) for row in rows]


def take_job(c: sa.Connection, id: int, owner: str) -> bool:
    """False when another daemon has it, or it is over."""
    free = sa.and_(_j.id == id, sa.not_(_j.ready), _j.owner == "")
    return c.execute(sa.update(alm_jobs).where(free).values(owner=owner)).rowcount > 0


def give_back(c: sa.Connection, owner: str) -> int:
    """Jobs that an earlier run of this daemon was at: they go on from where they were."""
    left = [job for job in open_jobs(c) if job.owner == owner]
    for job in left:
        told = job.progress
        told = msgspec.structs.replace(told, interrupted=told.interrupted + 1)
        update_job(c, msgspec.structs.replace(job, owner="", progress=told))
    return len(left)


def _values(row: ConnectorRow | ConnectionRow | JobRow) -> dict[str, Any]:
    found = msgspec.structs.asdict(row)
    if not found["id"]:
        del found["id"]
    if isinstance(row, ConnectionRow):
        found["names"] = _encode(row.names)
    return found


def _added(
    c: sa.Connection, table: sa.Table, values: dict[str, Any], vault: Vault, params: dict[str, Any]
) -> int:
    """The id is a part of the seal, so it has to be known first."""
    values["params"] = b""
    number: int = c.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
    sealed = _sealed(vault, table, number, params)
    c.execute(sa.update(table).where(table.c.id == number).values(params=sealed))
    return number


def _updated(
    c: sa.Connection,
    table: sa.Table,
    id: int,
    values: dict[str, Any],
    vault: Vault,
    params: dict[str, Any],
) -> None:
    values["params"] = _sealed(vault, table, id, params)
    c.execute(sa.update(table).where(table.c.id == id).values(values))


def _sealed(vault: Vault, table: sa.Table, id: int, params: dict[str, Any]) -> bytes:
    return vault.seal(_encode(params), table=table.name, row=str(id), column="params")


def _opened(vault: Vault, table: sa.Table, row: sa.Row[Any]) -> dict[str, Any]:
    return _decode(vault.open(row.params, table=table.name, row=str(row.id), column="params"))


def reseal(c: sa.Connection, vault: Vault) -> int:
    """Seals again, with the newest key, what an older one sealed; answers how many."""
    count = 0
    for table in (alm_connectors, alm_connections):
        for row in c.execute(sa.select(table)).all():
            if not vault.is_newest(row.params):
                sealed = _sealed(vault, table, row.id, _opened(vault, table, row))
                c.execute(sa.update(table).where(table.c.id == row.id).values(params=sealed))
                count += 1
    return count


def _connector(vault: Vault, row: sa.Row[Any]) -> ConnectorRow:
    params = _opened(vault, alm_connectors, row)
    return ConnectorRow(row.id, row.name, row.system, row.inaccessible, params)


def _connection(vault: Vault, row: sa.Row[Any]) -> ConnectionRow:
    return ConnectionRow(
        id=row.id,
        connector=row.connector,
        alias=row.alias,
        project=row.project,
        frequency=row.frequency,
        debug_mode=row.debug_mode,
        params=_opened(vault, alm_connections, row),
        own=row.own,
        names=_decode_names(row.names),
        due=row.due,
        remote=row.remote,
    )


def _job(row: sa.Row[Any]) -> JobRow:
    return JobRow(
        id=row.id,
        connection=row.connection,
        user=row.user,
        automatic=row.automatic,
        ready=row.ready,
        succeeded=row.succeeded,
        message=row.message,
        created=row.created,
        ended=row.ended,
        owner=row.owner,
        progress=_decode_progress(row.progress),
    )
