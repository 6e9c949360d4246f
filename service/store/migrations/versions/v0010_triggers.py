"""Triggers of their own, several per connection; the report of each step of a task."""

import sqlalchemy as sa
from alembic import op

revision = "0010_triggers"
down_revision = "0009_rule_life"


def upgrade() -> None:
    op.create_table(
        "task_rows",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task"], ["tasks.id"], name="fk_task_rows_task", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task", "key", name="pk_task_rows"),
    )
    op.create_index("ix_task_rows_task_number", "task_rows", ["task", "number"])
    op.create_table(
        "triggers",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection"],
            ["connections.id"],
            name="fk_triggers_connection",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection", "name", name="pk_triggers"),
    )
