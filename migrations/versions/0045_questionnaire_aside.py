"""A questionnaire can be put aside, and taken up again.

Revision: 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "questionnaire",
        sa.Column(
            "aside",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="Whether it was put aside: a draft or a closed one that the desk no longer lists.",
        ),
    )


def downgrade() -> None:
    """Go back: those put aside are listed again."""
    op.drop_column("questionnaire", "aside")
