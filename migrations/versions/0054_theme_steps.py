"""What people do to themes is kept step by step, so that the last step can be taken back.

Revision: 0054
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "theme_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("process_id", sa.Uuid(), nullable=False, comment="Process."),
        sa.Column("theme_id", sa.Uuid(), nullable=False, comment="Theme."),
        sa.Column(
            "action", sa.String(10), nullable=False,
            comment="accepted, refused, proposed, described, merged, split, moved (sources left it) or made.",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="Version of the theme's decision after the step."),
        sa.Column(
            "before", postgresql.JSONB(), nullable=False,
            comment="The decision, judgements and assignments that the step changed, as they were. Keys, never words of sources.",
        ),
        sa.Column("done_by", sa.Uuid(), nullable=True, comment="Account that did it."),
        sa.Column(
            "done_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False, comment="When."
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True, comment="When it was taken back."),
        sa.CheckConstraint(
            "action IN ('accepted', 'refused', 'proposed', 'described', 'merged', 'split', 'moved', 'made')",
            name=op.f("ck_theme_step_action_known"),
        ),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_theme_step_process_id_process")),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], name=op.f("fk_theme_step_theme_id_theme"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme_step")),
        comment="What people did to themes, step by step, and what was there before each step.",
    )  # fmt: skip  # one column reads better so
    op.create_index("ix_theme_step_theme_id", "theme_step", ["theme_id", "done_at"])
    op.create_index("ix_theme_step_process_id", "theme_step", ["process_id"])


def downgrade() -> None:
    """Go back: decisions stay, how they came about is forgotten."""
    op.drop_table("theme_step")
