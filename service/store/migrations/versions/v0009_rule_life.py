"""Drafts of rules, and what rules were given, for replays."""

import sqlalchemy as sa
from alembic import op

revision = "0009_rule_life"
down_revision = "0008_alm"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "rule_drafts",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("outgoing", sa.LargeBinary(), nullable=False),
        sa.Column("incoming", sa.LargeBinary(), nullable=False),
        sa.Column("based_on", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("saved", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", name="pk_rule_drafts"),
        sa.ForeignKeyConstraint(
            ["connection"],
            ["connections.id"],
            name="fk_rule_drafts_connection",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "rule_recordings",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_recordings"),
        sa.ForeignKeyConstraint(
            ["connection"],
            ["connections.id"],
            name="fk_rule_recordings_connection",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_rule_recordings_connection_at", "rule_recordings", ["connection", "at"])
    op.create_index(
        "ix_rule_recordings_connection_id_size", "rule_recordings", ["connection", "id", "size"]
    )
