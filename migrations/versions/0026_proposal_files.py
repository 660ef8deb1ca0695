"""Files that come with proposals.

Revision: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "proposal_file",
        sa.Column("proposal_id", sa.Uuid(), nullable=False, comment="Proposal."),
        sa.Column("file_id", sa.Uuid(), nullable=False, comment="File."),
        sa.Column("position", sa.Integer(), nullable=False, comment="Order in which it was chosen."),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_proposal_file_file_id_stored_file"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_file_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("proposal_id", "file_id", name=op.f("pk_proposal_file")),
        comment="Files of proposals.",
    )
    op.create_index(op.f("ix_proposal_file_file_id"), "proposal_file", ["file_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("proposal_file")
