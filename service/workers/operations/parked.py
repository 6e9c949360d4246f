"""Which parked twins somebody asks for: of a connection, a kind, or with some words in them."""

from collections.abc import Iterator
from itertools import islice

import msgspec
import sqlalchemy as sa

from schemas.node import ParkedTwin
from service.store import parked
from service.store.twin_records import TwinKey

_BATCH = 1_000


class Wanted(msgspec.Struct, frozen=True):
    connection: str | None = None
    fault: str = ""
    search: str = ""
    """In any case."""


def fitting(
    c: sa.Connection,
    wanted: Wanted,
    after: TwinKey | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> list[ParkedTwin]:
    """In the order of connection and twin. No more is read than it takes to find them."""
    if limit is not None and not (wanted.fault or wanted.search):
        return parked.page(c, connection=wanted.connection, after=after, offset=offset, limit=limit)
    return list(islice(_all(c, wanted, after), offset, limit and offset + limit))


def how_many(c: sa.Connection, wanted: Wanted) -> int:
    if not (wanted.fault or wanted.search):
        return parked.total(c, wanted.connection)
    return sum(1 for _ in _all(c, wanted, None))


def _all(c: sa.Connection, wanted: Wanted, after: TwinKey | None) -> Iterator[ParkedTwin]:
    while True:
        entries = parked.page(c, connection=wanted.connection, after=after, limit=_BATCH)
        yield from (each for each in entries if _fits(each, wanted))
        if len(entries) < _BATCH:
            return
        after = TwinKey(entries[-1].connection, entries[-1].twin)


def _fits(entry: ParkedTwin, wanted: Wanted) -> bool:
    words = f"{entry.issue}\n{entry.twin}\n{entry.message}".casefold()
    return entry.fault == (wanted.fault or entry.fault) and wanted.search.casefold() in words
