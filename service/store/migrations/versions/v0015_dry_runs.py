"""Dry runs that are asked of a partner's node, or by one."""

import sqlalchemy as sa
from alembic import op

revision = "0015_dry_runs"
down_revision = "0014_ledger_pages"


def upgrade() -> None:
    op.create_table(
        "dry_runs",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection"],
            ["connections.id"],
            name="fk_dry_runs_connection",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection", "ours", "id", name="pk_dry_runs"),
    )
