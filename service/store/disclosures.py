"""The ledger of what ever left about an issue: by digest, never changed, bounded in number."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from schemas.disclosure_api import Disclosure
from service.store.prepared import Prepared
from service.store.tables import disclosures

_t = disclosures.c
_SHOWN = (_t.at, _t.twin, _t.version, _t.field, _t.digest)


_ADD = Prepared(
    sa.text(
        "INSERT INTO disclosures (connection, twin, at, version, field, digest)"
        " VALUES (:connection, :twin, :at, :version, :field, :digest)"
    )
)


def add(c: sa.Connection, connection: str, left: Sequence[Disclosure]) -> None:
    for each in left:
        _ADD.count(
            c,
            connection=connection,
            twin=each.twin,
            at=each.at,
            version=each.version,
            field=each.field.replace("\x00", "\ufffd"),
            digest=each.digest,
        )


class DisclosureRow(msgspec.Struct, frozen=True):
    id: int
    disclosure: Disclosure


def page(
    c: sa.Connection,
    connection: str,
    twin: str,
    *,
    after: int | None = None,
    offset: int = 0,
    limit: int,
) -> list[DisclosureRow]:
    """The newest first; `after` is the last id of the page before. '' for all twins."""
    chosen = _chosen(connection, twin)
    if after is not None:
        chosen.append(_t.id < after)
    statement = sa.select(_t.id, *_SHOWN).where(*chosen).order_by(_t.id.desc())
    rows = c.execute(statement.offset(offset).limit(limit))
    return [DisclosureRow(row[0], Disclosure(*row[1:])) for row in rows]


def count(c: sa.Connection, connection: str, twin: str) -> int:
    statement = sa.select(sa.func.count()).select_from(disclosures)
    return c.execute(statement.where(*_chosen(connection, twin))).scalar_one()


def trim(c: sa.Connection, most: int) -> int:
    """The oldest beyond that number go; answers how many."""
    newest = c.execute(sa.select(sa.func.max(_t.id))).scalar()
    if newest is None or newest <= most:
        return 0
    return c.execute(sa.delete(disclosures).where(_t.id <= newest - most)).rowcount


def _chosen(connection: str, twin: str) -> list[sa.ColumnElement[bool]]:
    return [_t.connection == connection, *([_t.twin == twin] if twin else [])]
