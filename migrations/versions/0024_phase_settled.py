"""A phase whose date is past is settled only when nothing in it waits for an answer.

Revision: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from consult.core.db import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "phase",
        sa.Column(
            "settled_at",
            UtcDateTime(),
            nullable=True,
            comment="When it was closed for good, with nothing left to answer; empty before.",
        ),
    )
    # What was closed so far was closed after the same question.
    op.execute("UPDATE phase SET settled_at = closes_at WHERE closes_at <= now()")


def downgrade() -> None:
    """Go back."""
    op.drop_column("phase", "settled_at")
