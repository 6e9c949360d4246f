"""The ledger of what ever left about an issue: by digest, never changed, bounded in number."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from schemas.disclosure_api import Disclosure
from service.store.prepared import Prepared
from service.store.tables import disclosures

_t = disclosures.c
_SHOWN = (_t.at, _t.twin, _t.version, _t.field, _t.digest, _t.masked, _t.connection, _t.partner)


_ADD = Prepared(
    sa.text(
        "INSERT INTO disclosures (connection, twin, at, version, field, digest, masked, partner)"
        " VALUES (:connection, :twin, :at, :version, :field, :digest, :masked, :partner)"
    )
)


class Chosen(msgspec.Struct, frozen=True):
    """Which entries; None: of any."""

    connection: str | None = None
    partner: str | None = None
    twin: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        asked = (_t.connection, self.connection), (_t.partner, self.partner), (_t.twin, self.twin)
        return [column == value for column, value in asked if value is not None]


def add(c: sa.Connection, left: Sequence[Disclosure]) -> None:
    for each in left:
        _ADD.count(
            c,
            connection=each.connection,
            twin=each.twin,
            at=each.at,
            version=each.version,
            field=each.field.replace("\x00", "\ufffd"),
            digest=each.digest,
            masked=each.masked,
            partner=each.partner,
        )


class DisclosureRow(msgspec.Struct, frozen=True):
    id: int
    disclosure: Disclosure


def page(
    c: sa.Connection, chosen: Chosen, *, after: int | None = None, offset: int = 0, limit: int
) -> list[DisclosureRow]:
    """The newest first; `after` is the last id of the page before."""
    statement = sa.select(_t.id, *_SHOWN).where(*chosen.conditions()).order_by(_t.id.desc())
    if after is not None:
        statement = statement.where(_t.id < after)
    rows = c.execute(statement.offset(offset).limit(limit))
    return [DisclosureRow(row[0], Disclosure(*row[1:])) for row in rows]


def count(c: sa.Connection, chosen: Chosen) -> int:
    statement = sa.select(sa.func.count()).select_from(disclosures)
    return c.execute(statement.where(*chosen.conditions())).scalar_one()


def trim(c: sa.Connection, most: int) -> int:
    """The oldest beyond that number go; answers how many."""
    newest = c.execute(sa.select(sa.func.max(_t.id))).scalar()
    if newest is None or newest <= most:
        return 0
    return c.execute(sa.delete(disclosures).where(_t.id <= newest - most)).rowcount
