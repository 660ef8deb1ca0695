"""A version may repeat another without what consent no longer covers; decisions on moved sources may be taken back.

Revision: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_QUOTES_BEFORE = "Source and revision of each quote in it."
_QUOTES = "Source and revision of each quote in it; revision 0: a source that is only named."


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "paper_version",
        sa.Column(
            "redacts",
            sa.Integer(),
            nullable=True,
            comment="Version it repeats without what consent no longer covers; empty where people published it.",
        ),
    )
    op.alter_column("paper_file", "quotes", comment=_QUOTES, existing_comment=_QUOTES_BEFORE)
    op.add_column(
        "finding",
        sa.Column(
            "set_aside",
            JSONB(),
            nullable=False,
            server_default="[]",
            comment="Source ids whose coming or going under its theme a person put aside.",
        ),
    )
    op.add_column(
        "finding_change",
        sa.Column(
            "citations",
            JSONB(),
            nullable=True,
            comment="Its citations and news as they were, for a decision on them that may be taken back; no words.",
        ),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("finding_change", "citations")
    op.drop_column("finding", "set_aside")
    op.alter_column("paper_file", "quotes", comment=_QUOTES_BEFORE, existing_comment=_QUOTES)
    op.drop_column("paper_version", "redacts")
