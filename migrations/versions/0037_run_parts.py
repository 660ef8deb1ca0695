"""Steps of a run's merge, that several workers share.

Revision: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "run_part",
        sa.Column("run_id", sa.Uuid(), nullable=False, comment="Run."),
        sa.Column(
            "stage", sa.String(length=10), nullable=False,
            comment="survey: all sources together; link: a part read by itself; themes; branch: those of a strategy.",
        ),
        sa.Column("number", sa.Integer(), nullable=False, comment="Order within the stage."),
        sa.Column("given", postgresql.JSONB(), nullable=False, comment="Ids and hashes it works on."),
        sa.Column(
            "body", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False,
            comment="What later steps need of it: vectors and offsets, never text.",
        ),
        sa.Column(
            "told", postgresql.JSONB(), server_default="[]", nullable=False,
            comment="What is stored of it at the end: ids, offsets, numbers, labels.",
        ),
        sa.Column(
            "rows", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False,
            comment="Rows it will have in its table, compressed.",
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True, comment="When it was ready."),
        sa.CheckConstraint("stage IN ('survey', 'link', 'themes', 'branch')", name=op.f("ck_run_part_stage_known")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_part_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "stage", "number", name=op.f("pk_run_part")),
        comment="Steps of merges, each done by one job, at most once; gone when their run is done.",
    )  # fmt: skip  # one column reads better so


def downgrade() -> None:
    """Go back."""
    op.drop_table("run_part")
