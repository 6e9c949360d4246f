"""Snippets that rules share; each version of a connection's rules names those that it uses."""

import sqlalchemy as sa
from alembic import op

revision = "0013_rule_snippets"
down_revision = "0012_remote_names"


def upgrade() -> None:
    op.create_table(
        "rule_snippets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_rule_snippets"),
    )
    op.add_column(
        "rule_versions",
        sa.Column("snippets", sa.LargeBinary(), nullable=False, server_default="{}"),
    )
