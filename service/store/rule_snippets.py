"""Every version of every snippet; none is ever changed, for versions of rules name them."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from schemas.rules import Snippet
from schemas.values import Millis
from service.store.tables import rule_snippets

_t = rule_snippets.c


class SnippetVersion(msgspec.Struct, frozen=True):
    name: str
    version: int
    source: str
    author: str
    message: str
    created: Millis
    removed: bool = False
    """From this version on there is none."""

    @property
    def snippet(self) -> Snippet:
        return Snippet(self.name, self.version, self.source)


def add(c: sa.Connection, row: SnippetVersion) -> None:
    c.execute(
        sa.insert(rule_snippets).values(
            msgspec.structs.asdict(row) | {"source": row.source.encode()}
        )
    )


def last(c: sa.Connection, name: str) -> SnippetVersion | None:
    """The newest, also when it says that the snippet was removed."""
    rows = history(c, name, limit=1)
    return rows[0] if rows else None


def get(c: sa.Connection, name: str, version: int) -> SnippetVersion | None:
    wanted = sa.select(rule_snippets).where(_t.name == name, _t.version == version)
    row = c.execute(wanted).one_or_none()
    return None if row is None else _version(row)


def worded(c: sa.Connection, name: str, source: str) -> int | None:
    """The newest version of just these words."""
    wanted = sa.select(sa.func.max(_t.version)).where(
        _t.name == name, _t.source == source.encode(), sa.not_(_t.removed)
    )
    found: int | None = c.execute(wanted).scalar()
    return found


def history(
    c: sa.Connection, name: str, *, before: int | None = None, limit: int = 100
) -> list[SnippetVersion]:
    """The newest first; `before` is the last version of the page before."""
    wanted = sa.select(rule_snippets).where(_t.name == name)
    if before is not None:
        wanted = wanted.where(_t.version < before)
    rows = c.execute(wanted.order_by(_t.version.desc()).limit(limit))
    return [_version(row) for row in rows]


def newest(c: sa.Connection) -> list[SnippetVersion]:
    """Of each snippet that there is, by name."""
    tops = sa.select(_t.name, sa.func.max(_t.version).label("top")).group_by(_t.name).subquery()
    wanted = (
        sa.select(rule_snippets)
        .join(tops, sa.and_(_t.name == tops.c.name, _t.version == tops.c.top))
        .where(sa.not_(_t.removed))
        .order_by(_t.name)
    )
    return [_version(row) for row in c.execute(wanted)]


def at(c: sa.Connection, versions: Mapping[str, int]) -> tuple[Snippet, ...]:
    """These versions, by name."""
    wanted = sa.select(_t.name, _t.version, _t.source).where(_t.name.in_(list(versions)))
    return tuple(
        Snippet(row.name, row.version, row.source.decode())
        for row in c.execute(wanted.order_by(_t.name))
        if versions[row.name] == row.version
    )


def _version(row: sa.Row[Any]) -> SnippetVersion:
    return SnippetVersion(
        row.name,
        row.version,
        row.source.decode(),
        row.author,
        row.message,
        row.created,
        row.removed,
    )
