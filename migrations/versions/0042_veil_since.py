"""Since when a text's words are not told: only what was silent in that time is mailed once it is shown again.

Revision: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "notice_veil",
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False, comment="Since when."
        ),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("notice_veil", "since")
