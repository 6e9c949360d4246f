"""What both sides have said about a connection."""

import sqlalchemy as sa
from alembic import op

revision = "0002_connection_standing"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("connections", sa.Column("standing", sa.LargeBinary(), nullable=True))
    op.create_index("ix_connections_peer", "connections", ["peer"], unique=False)
    op.add_column("invitations", sa.Column("connection", sa.Text(), nullable=True))
    op.create_index("ix_invitations_connection", "invitations", ["connection"], unique=False)
