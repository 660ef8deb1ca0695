"""Answers collected elsewhere stop at the targets that stop, unless somebody wants them all the same.

Revision: 0057
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    comment = "Whether rows are taken of groups whose target that stops is reached."
    op.add_column(
        "answer_import", sa.Column("beyond", sa.Boolean(), server_default="false", nullable=False, comment=comment)
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("answer_import", "beyond")
