"""Twins are found by the other side's issue, and by their status, without reading their states."""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0006_remote_issue"
down_revision = "0005_management"

_BATCH = 500


class _Replica(msgspec.Struct):
    """What a state of that time held, as far as it is needed here."""

    key: str = ""
    attachments: tuple[Any, ...] = ()


class _State(msgspec.Struct):
    issue: Any = None
    remote_issue: str = ""
    replica: _Replica = msgspec.field(default_factory=_Replica)
    replica_version: int = 0
    included: int = 0


_twins = sa.table(
    "twins",
    sa.column("connection"),
    sa.column("twin"),
    sa.column("state"),
    sa.column("remote_id"),
    sa.column("remote_key"),
    sa.column("unsettled"),
)
_decode = msgspec.msgpack.Decoder(_State).decode


def upgrade() -> None:
    op.add_column("twins", sa.Column("remote_id", sa.Text(), nullable=True))
    op.add_column("twins", sa.Column("remote_key", sa.Text(), nullable=True))
    op.add_column(
        "twins", sa.Column("unsettled", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _fill()
    for column in ("remote_id", "remote_key"):
        op.create_index(f"ix_twins_{column}", "twins", [column])


def _fill() -> None:
    bind = op.get_bind()
    last: tuple[str, str] = ("", "")
    while rows := _after(bind, last):
        for connection, twin, state in rows:
            bind.execute(_update(connection, twin, _decode(state)))
        last = (rows[-1][0], rows[-1][1])


def _after(bind: sa.Connection, last: tuple[str, str]) -> list[tuple[str, str, bytes]]:
    key = sa.tuple_(_twins.c.connection, _twins.c.twin)
    statement = (
        sa.select(_twins.c.connection, _twins.c.twin, _twins.c.state)
        .where(key > sa.tuple_(*map(sa.literal, last)))
        .order_by(_twins.c.connection, _twins.c.twin)
        .limit(_BATCH)
    )
    return [(row[0], row[1], bytes(row[2])) for row in bind.execute(statement)]


def _update(connection: str, twin: str, state: _State) -> sa.Update:
    lacks = state.issue is None and state.replica_version > state.included
    return (
        sa.update(_twins)
        .where(_twins.c.connection == connection, _twins.c.twin == twin)
        .values(
            remote_id=state.remote_issue or None,
            remote_key=state.replica.key or None,
            unsettled=lacks or bool(state.replica.attachments),
        )
    )
