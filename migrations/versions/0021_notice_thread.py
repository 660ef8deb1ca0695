"""Notices say which thing they are about, so that a digest puts its news together.

Revision: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "notification",
        sa.Column(
            "thread",
            sa.String(length=60),
            server_default="",
            nullable=False,
            comment="Kind and key of the thing it is about, so that a digest puts its news together; empty for none.",
        ),
    )
    op.add_column(
        "notification",
        sa.Column(
            "thread_title", sa.String(length=300), server_default="", nullable=False, comment="How the digest names that thing."
        ),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("notification", "thread_title")
    op.drop_column("notification", "thread")
