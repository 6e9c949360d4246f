"""The ledger of what left about an issue."""

import sqlalchemy as sa
from alembic import op

revision = "0007_disclosures"
down_revision = "0006_remote_issue"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "disclosures",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("twin", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_disclosures"),
    )
    op.create_index("ix_disclosures_connection_twin", "disclosures", ["connection", "twin"])
