"""Citations pin the codes that their sources had, so that a finding knows when a source is coded otherwise.

Revision: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. What is cited already counts as cited with the codes it has today."""
    op.add_column(
        "finding_source",
        sa.Column(
            "codes", JSONB(), server_default="[]", nullable=False,
            comment="Codes people had given the source when it was cited, by key, sorted.",
        ),
    )  # fmt: skip  # one column reads better so
    op.execute(
        """
        UPDATE finding_source SET codes = now.codes
        FROM (
            SELECT source_id, jsonb_agg(DISTINCT code_id ORDER BY code_id) AS codes
            FROM coding WHERE live GROUP BY source_id
        ) AS now
        WHERE now.source_id = finding_source.source_id
        """
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("finding_source", "codes")
