"""Earlier words of amendments, for moderators who look at a decision again.

Revision: 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "proposal_amendment_version",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("amendment_id", sa.Uuid(), nullable=False, comment="Amendment."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Version of its words, from 1."),
        sa.Column(
            "base_version", sa.Integer(), nullable=False, comment="Version of the proposal's words it was written against."
        ),
        sa.Column("title", sa.String(length=200), nullable=False, comment="Title as it would have been."),
        sa.Column("text", sa.Text(), nullable=False, comment="Text as it would have been, in Markdown."),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, in the words of who proposed it."),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False, comment="Since when it said so."),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["proposal_amendment.id"],
            name=op.f("fk_proposal_amendment_version_amendment_id_proposal_amendment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_amendment_version")),
        sa.UniqueConstraint("amendment_id", "number", name=op.f("uq_proposal_amendment_version_amendment_id_number")),
        comment="Earlier words of amendments, for moderators who look at a decision again.",
    )  # fmt: skip  # one column reads better so


def downgrade() -> None:
    """Go back."""
    op.drop_table("proposal_amendment_version")
