"""Built files of the plan.

Revision: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from consult.core.db import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "plan_file",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("process_id", sa.Uuid(), nullable=False, comment="Process whose plan it is."),
        sa.Column("format", sa.String(length=5), nullable=False, comment="html, pdf or docx."),
        sa.Column("asked_at", UtcDateTime(), nullable=True, comment="Since when it is being built; empty while it is not."),
        sa.Column("failed_at", UtcDateTime(), nullable=True, comment="When it last could not be built."),
        sa.Column("built_at", UtcDateTime(), nullable=True, comment="When it was built."),
        sa.Column(
            "fingerprint", sa.String(length=64), server_default="", nullable=False, comment="Hash of all that the plan said then."
        ),
        sa.Column("body", sa.LargeBinary(), nullable=True, comment="The file; empty before it is built."),
        sa.CheckConstraint("format IN ('html', 'pdf', 'docx')", name=op.f("ck_plan_file_format_known")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_plan_file_process_id_process")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_file")),
        sa.UniqueConstraint("process_id", "format", name=op.f("uq_plan_file_process_id_format")),
        comment="Built files of plans. One is served only while the plan still says what stands in it.",
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("plan_file")
