"""Files of papers that were asked for: waiting, done, or failed and why.

Revision: 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "paper_file_request",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("paper_id", sa.Uuid(), nullable=False, comment="Paper."),
        sa.Column("version_number", sa.Integer(), nullable=False, comment="Published version; 0 for a draft."),
        sa.Column(
            "draft_number", sa.Integer(), nullable=False,
            comment="Draft in consultation; 0 for a version, or the draft as it is being written.",
        ),
        sa.Column("format", sa.String(5), nullable=False, comment="html, pdf, docx, odt or json."),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="When it was asked for last."),
        sa.Column(
            "asked_by", sa.Uuid(), nullable=True,
            comment="Account that is told where it fails; empty once it is done or failed, and for who has none.",
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True, comment="When it was built; empty while it waits."),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True, comment="When it was given up."),
        sa.Column(
            "why", sa.String(10), server_default="", nullable=False,
            comment="too_much: beyond the time or memory a file is given; refused: by the typesetter; lost: with its worker, each time.",
        ),
        sa.CheckConstraint("format IN ('html', 'pdf', 'docx', 'odt', 'json')", name=op.f("ck_paper_file_request_format_known")),
        sa.CheckConstraint("why IN ('', 'too_much', 'refused', 'lost')", name=op.f("ck_paper_file_request_why_known")),
        sa.CheckConstraint("(failed_at IS NULL) = (why = '')", name=op.f("ck_paper_file_request_failure_has_reason")),
        sa.CheckConstraint("done_at IS NULL OR failed_at IS NULL", name=op.f("ck_paper_file_request_done_or_failed")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_paper_file_request_paper_id_paper")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_file_request")),
        sa.UniqueConstraint(
            "paper_id", "version_number", "draft_number", "format",
            name=op.f("uq_paper_file_request_paper_id_version_number_draft_number_format"),
        ),
        comment="Files of papers that were asked for: waiting, done, or failed and why. The files stand in paper_file.",
    )  # fmt: skip  # one column reads better so


def downgrade() -> None:
    """Go back."""
    op.drop_table("paper_file_request")
