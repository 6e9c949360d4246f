"""Twins that wait for another, for a parent or a link."""

import sqlalchemy as sa
from alembic import op

revision = "0004_awaited"
down_revision = "0003_peer_trust"


def upgrade() -> None:
    op.create_table(
        "awaited",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("twin", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "twin", "what", name="pk_awaited"),
        sa.ForeignKeyConstraint(
            ["connection"],
            ["connections.id"],
            name="fk_awaited_connection",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_awaited_connection_what", "awaited", ["connection", "what"])
