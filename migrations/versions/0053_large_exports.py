"""A file made of many that were sent may be larger than two gigabytes.

Revision: 0053
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.alter_column("survey_file", "size", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_comment="Bytes.", existing_nullable=True)


def downgrade() -> None:
    """Go back: of a larger file the size is no longer told."""
    op.execute("UPDATE survey_file SET size = NULL WHERE size > 2147483647")
    op.alter_column("survey_file", "size", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_comment="Bytes.", existing_nullable=True)
