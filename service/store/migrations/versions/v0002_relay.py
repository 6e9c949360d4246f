"""Relays: what lies at one, and which peers are met at one."""

import sqlalchemy as sa
from alembic import op

revision = "0002_relay"
down_revision = "0002_connection_standing"


def upgrade() -> None:
    op.add_column("peers", sa.Column("relay", sa.LargeBinary(), nullable=True))
    op.add_column(
        "peers", sa.Column("relay_heard", sa.BigInteger(), nullable=False, server_default="0")
    )
    _passes()
    _channels()
    _slots()
    _blobs()
    _chunks()


def _passes() -> None:
    op.create_table(
        "relay_passes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("quota", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_relay_passes"),
        sa.UniqueConstraint("name", name="uq_relay_passes_name"),
    )


def _channels() -> None:
    op.create_table(
        "relay_channels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Text(), nullable=False),
        sa.Column("inviter", sa.LargeBinary(), nullable=False),
        sa.Column("joiner", sa.LargeBinary(), nullable=True),
        sa.Column("join_key", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relay_channels"),
        sa.ForeignKeyConstraint(["pass_id"], ["relay_passes.id"], name="fk_relay_channels_pass_id"),
    )
    op.create_index("ix_relay_channels_pass_id", "relay_channels", ["pass_id"])


def _slots() -> None:
    op.create_table(
        "relay_slots",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "side", "slot", name="pk_relay_slots"),
        sa.ForeignKeyConstraint(
            ["channel"], ["relay_channels.id"], name="fk_relay_slots_channel", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_relay_slots_at", "relay_slots", ["at"])


def _blobs() -> None:
    op.create_table(
        "relay_blobs",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("upload", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "side", "blob", name="pk_relay_blobs"),
        sa.UniqueConstraint("upload", name="uq_relay_blobs_upload"),
        sa.ForeignKeyConstraint(
            ["channel"], ["relay_channels.id"], name="fk_relay_blobs_channel", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_relay_blobs_at", "relay_blobs", ["at"])


def _chunks() -> None:
    op.create_table(
        "relay_chunks",
        sa.Column("upload", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("upload", "number", name="pk_relay_chunks"),
        sa.ForeignKeyConstraint(
            ["upload"], ["relay_blobs.upload"], name="fk_relay_chunks_upload", ondelete="CASCADE"
        ),
    )
