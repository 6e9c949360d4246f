"""Every version of every connection's rules; none is ever changed."""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from schemas.errors import ConfigurationError
from schemas.rules import RuleSet
from schemas.values import Millis
from service.store import rule_snippets
from service.store.prepared import Columns, Prepared
from service.store.tables import connections, rule_versions

_t = rule_versions.c
_bind = sa.bindparam
NONE: Mapping[str, int] = {}

_ROW = (_t.version, _t.outgoing, _t.incoming, _t.snippets)
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, int]).decode
_NEWEST = Prepared(
    sa.select(*_ROW)
    .where(_t.connection == _bind("connection"))
    .order_by(_t.version.desc())
    .limit(sa.literal_column("1"))
)
_GET = Prepared(
    sa.select(*_ROW).where(_t.connection == _bind("connection"), _t.version == _bind("version"))
)


class RuleVersion(msgspec.Struct, frozen=True):
    """One line of the history."""

    version: int
    author: str
    message: str
    created: Millis
    snippets: dict[str, int] = {}
    """Names and versions of those that it uses."""


def add(
    c: sa.Connection,
    connection: str,
    outgoing: str,
    incoming: str,
    *,
    author: str,
    message: str,
    now: Millis,
    snippets: Mapping[str, int] = NONE,
) -> int:
    """Answers the new version: 1, 2, …"""
    # Locks the connection, so that two people who save at once get two versions.
    owner = sa.select(connections.c.id).where(connections.c.id == connection).with_for_update()
    if c.execute(owner).one_or_none() is None:
        raise ConfigurationError(
            f"There is no connection with the id {connection}.",
            remedy="List the connections and choose one of them.",
        )
    newest = sa.select(sa.func.max(_t.version)).where(_t.connection == connection)
    version = (c.execute(newest).scalar() or 0) + 1
    c.execute(
        sa.insert(rule_versions).values(
            connection=connection,
            version=version,
            outgoing=outgoing.encode(),
            incoming=incoming.encode(),
            author=author,
            message=message,
            created=now,
            snippets=_encode(snippets),
        )
    )
    return version


def newest(c: sa.Connection, connection: str) -> RuleSet | None:
    row = _NEWEST.one(c, connection=connection)
    return None if row is None else _rules(c, row)


def get(c: sa.Connection, connection: str, version: int) -> RuleSet | None:
    row = _GET.one(c, connection=connection, version=version)
    return None if row is None else _rules(c, row)


def history(
    c: sa.Connection, connection: str, *, before: int | None = None, limit: int = 100
) -> list[RuleVersion]:
    """The newest first; `before` is the last version of the page before."""
    statement = (
        sa.select(_t.version, _t.author, _t.message, _t.created, _t.snippets)
        .where(_t.connection == connection)
        .order_by(_t.version.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(_t.version < before)
    return [RuleVersion(*row[:4], _decode(row[4])) for row in c.execute(statement)]


def _rules(c: sa.Connection, row: Columns) -> RuleSet:
    version, outgoing, incoming, pinned = row
    used = _decode(pinned)
    return RuleSet(
        version=version,
        outgoing=outgoing.decode(),
        incoming=incoming.decode(),
        snippets=rule_snippets.at(c, used) if used else (),
    )
