"""The ledger of a connection is read page by page, whatever its length."""

from alembic import op

revision = "0014_ledger_pages"
down_revision = "0013_rule_snippets"


def upgrade() -> None:
    op.create_index("ix_disclosures_connection_id", "disclosures", ["connection", "id"])
