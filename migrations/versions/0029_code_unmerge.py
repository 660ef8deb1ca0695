"""A merged code may be taken out again, with what the merge moved.

Revision: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_HOW, _HOW_BEFORE = "merge, split, or unmerge: a merge taken back.", "merge or split."


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "code_lineage",
        sa.Column(
            "moved",
            JSONB(),
            nullable=False,
            server_default="[]",
            comment="Codes that a merge moved under the other, to be given back with it.",
        ),
    )
    op.alter_column("code_lineage", "how", comment=_HOW, existing_comment=_HOW_BEFORE)


def downgrade() -> None:
    """Go back."""
    op.alter_column("code_lineage", "how", comment=_HOW_BEFORE, existing_comment=_HOW)
    op.drop_column("code_lineage", "moved")
