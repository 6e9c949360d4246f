"""How many twins connections have, how many of them are parked, and when the last was looked at."""

from collections.abc import Sequence
from functools import cache

import msgspec
import sqlalchemy as sa

from schemas.values import Millis
from service.store.prepared import Prepared
from service.store.tables import parked, twins

_SIZES = (1, 10, 50, 100, 500)
"""Of the statements that are kept prepared; what is left over is filled up with no connection."""


class Tally(msgspec.Struct, frozen=True):
    twins: int = 0
    parked: int = 0
    last: Millis = 0
    """0: never."""


def of(c: sa.Connection, connections: Sequence[str]) -> dict[str, Tally]:
    """Those without twins are left out."""
    found: dict[str, Tally] = {}
    for at in range(0, len(connections), _SIZES[-1]):
        found |= _some(c, connections[at : at + _SIZES[-1]])
    return found


def _some(c: sa.Connection, connections: Sequence[str]) -> dict[str, Tally]:
    size = next(size for size in _SIZES if size >= len(connections))
    wanted = dict.fromkeys(map(_name, range(size)), "")
    wanted |= {_name(number): id for number, id in enumerate(connections)}
    under_sync, waiting = _statements(size)
    parked_of: dict[str, int] = dict(waiting.all(c, **wanted))
    return {
        id: Tally(number, parked_of.get(id, 0), last)
        for id, number, last in under_sync.all(c, **wanted)
    }


def _name(number: int) -> str:
    return f"c{number}"


@cache
def _statements(size: int) -> tuple[Prepared, Prepared]:
    wanted = [sa.bindparam(_name(number), type_=sa.String) for number in range(size)]
    t, w = twins.c, parked.c
    return (
        Prepared(
            sa.select(t.connection, sa.func.count(), sa.func.max(t.reconciled_at))
            .where(t.connection.in_(wanted))
            .group_by(t.connection)
        ),
        Prepared(
            sa.select(w.connection, sa.func.count())
            .where(w.connection.in_(wanted))
            .group_by(w.connection)
        ),
    )
