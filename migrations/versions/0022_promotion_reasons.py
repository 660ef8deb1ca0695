"""Links from findings and meeting notes to actions carry their reason, the body that decided, and whether the action was born with them.

Revision: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "promotion",
        sa.Column(
            "reason_code",
            sa.String(length=40),
            server_default="",
            nullable=False,
            comment="Stable code of the reason; a proposal's stands with its outcome.",
        ),
    )
    op.add_column(
        "promotion",
        sa.Column("reason", sa.Text(), server_default="", nullable=False, comment="The reason in words, for anyone to read."),
    )
    op.add_column(
        "promotion", sa.Column("body", sa.String(length=200), server_default="", nullable=False, comment="Body that decided.")
    )
    op.add_column(
        "promotion",
        sa.Column(
            "born_with",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="Whether the action was written for this link.",
        ),
    )


def downgrade() -> None:
    """Go back."""
    for name in ("born_with", "body", "reason", "reason_code"):
        op.drop_column("promotion", name)
