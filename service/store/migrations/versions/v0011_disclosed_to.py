"""The ledger of what left names the partner, and tells what left masked."""

import sqlalchemy as sa
from alembic import op

revision = "0011_disclosed_to"
down_revision = "0010_triggers"


def upgrade() -> None:
    op.add_column(
        "disclosures", sa.Column("masked", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("disclosures", sa.Column("partner", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE disclosures SET partner = COALESCE("
        "(SELECT peer FROM connections WHERE connections.id = disclosures.connection), '')"
    )
    op.create_index("ix_disclosures_partner", "disclosures", ["partner"])
