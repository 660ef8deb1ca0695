"""Files of drafts in consultation.

Revision: 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "paper_file",
        sa.Column(
            "draft_number", sa.Integer(), server_default="0", nullable=False,
            comment="Draft in consultation; 0 for a version, or the draft as it is being written.",
        ),
    )  # fmt: skip  # one column reads better so
    op.drop_constraint(op.f("uq_paper_file_paper_id_version_number_format"), "paper_file", type_="unique")
    op.create_unique_constraint(
        op.f("uq_paper_file_paper_id_version_number_draft_number_format"),
        "paper_file",
        ["paper_id", "version_number", "draft_number", "format"],
    )


def downgrade() -> None:
    """Go back. Files of drafts in consultation can be built anew; before, there were none."""
    op.execute("DELETE FROM paper_file WHERE draft_number > 0")
    op.drop_constraint(op.f("uq_paper_file_paper_id_version_number_draft_number_format"), "paper_file", type_="unique")
    op.create_unique_constraint(
        op.f("uq_paper_file_paper_id_version_number_format"), "paper_file", ["paper_id", "version_number", "format"]
    )
    op.drop_column("paper_file", "draft_number")
