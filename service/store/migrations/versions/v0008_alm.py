"""SD Elements' ALM API: its connectors, connections and jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0008_alm"
down_revision = "0007_disclosures"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "alm_connectors",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("inaccessible", sa.Boolean(), nullable=False),
        sa.Column("params", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alm_connectors"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alm_connections",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("connector", sa.BigInteger(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("debug_mode", sa.Boolean(), nullable=False),
        sa.Column("params", sa.LargeBinary(), nullable=False),
        sa.Column("own", sa.Text(), nullable=False),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alm_connections"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alm_jobs",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("connection", sa.BigInteger(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("progress", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alm_jobs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alm_jobs_connection_id", "alm_jobs", ["connection", "id"])
