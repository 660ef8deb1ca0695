"""What was tested of themes between zones and kinds of speaker is kept, so that a refresh tests anew only what changed.

Revision: 0058
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. Themes of earlier runs have no row: the next refresh tests them."""
    op.create_table(
        "theme_test",
        sa.Column("theme_id", sa.Uuid(), sa.ForeignKey("theme.id", ondelete="CASCADE"), primary_key=True, comment="Theme."),
        sa.Column("heard", sa.ARRAY(sa.Uuid()), nullable=False, comment="Sources that its voices were read from."),
        sa.Column(
            "until",
            sa.String(64),
            nullable=False,
            comment="Hash of the first text, in order of hashes, that was not read; empty where all were.",
        ),
        sa.Column(
            "tests",
            postgresql.JSONB(),
            nullable=False,
            comment="Each group that was tested with its p-value and where what both sides say stands.",
        ),
        comment="Tests of themes for what zones and kinds of speaker say otherwise; done again when what they rest on changes.",
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("theme_test")
