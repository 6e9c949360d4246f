"""What may change between paired nodes, and the runs of this one."""

import sqlalchemy as sa
from alembic import op

revision = "0003_peer_trust"
down_revision = "0002_relay"


def upgrade() -> None:
    op.add_column("peers", sa.Column("feed_epoch", sa.Text(), nullable=False, server_default=""))
    op.add_column("peers", sa.Column("trust", sa.LargeBinary(), nullable=True))
    op.add_column(
        "identity", sa.Column("serial", sa.BigInteger(), nullable=False, server_default="1")
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_at", "runs", ["at"])
