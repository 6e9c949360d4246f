"""How the other side's values were called, so that a renamed one is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0012_remote_names"
down_revision = "0011_disclosed_to"


def upgrade() -> None:
    op.create_table(
        "remote_names",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection"],
            ["connections.id"],
            name="fk_remote_names_connection",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection", "field", "value", "name", name="pk_remote_names"),
    )
