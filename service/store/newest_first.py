"""Reads tables that only grow, from their newest row on."""

import sqlalchemy as sa


def newest_first(
    c: sa.Connection,
    table: sa.Table,
    *,
    connection: str | None,
    twin: str | None,
    after: int | None,
    limit: int,
    offset: int = 0,
) -> list[tuple[int, bytes]]:
    """Ids and bodies. `after` is the last id of the page before."""
    columns = table.c
    statement = sa.select(columns.id, columns.body).order_by(columns.id.desc()).limit(limit)
    if offset:
        statement = statement.offset(offset)
    if connection is not None:
        statement = statement.where(columns.connection == connection)
    if twin is not None:
        statement = statement.where(columns.twin == twin)
    if after is not None:
        statement = statement.where(columns.id < after)
    return [(number, body) for number, body in c.execute(statement)]
