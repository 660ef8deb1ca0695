"""Letters to who has no account are in the language they read the site in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TABLES = {
    "meeting_registration": "Language they read the site in, for letters to them.",
    "contribution_waiting": "Language the form was read in, for the letter.",
}


def upgrade() -> None:
    """Go forward: Italian for who is there already, as their letters were."""
    for table, comment in TABLES.items():
        op.add_column(table, sa.Column("locale", sa.String(10), server_default="it", nullable=False, comment=comment))


def downgrade() -> None:
    """Go back."""
    for table in TABLES:
        op.drop_column(table, "locale")
