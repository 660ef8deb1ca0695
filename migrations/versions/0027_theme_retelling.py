"""Labels and summaries of themes as a language model words them, where an authority configured one.

Revision: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "theme_retelling",
        sa.Column("theme_id", sa.UUID(), nullable=False, comment="Theme."),
        sa.Column("run_id", sa.UUID(), nullable=False, comment="Run whose summary it words."),
        sa.Column("model", sa.String(length=120), nullable=False, comment="Name and version of the language model."),
        sa.Column(
            "label", sa.String(length=200), nullable=False, comment="Label it proposes; empty where none passed."
        ),
        sa.Column(
            "sentences",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Sentences that passed the checks, each with the sources and revisions it rests on.",
        ),
        sa.Column(
            "dropped",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="How many sentences failed, by reason.",
        ),
        sa.Column(
            "told_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When.",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_theme_retelling_run_id_run"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["theme.id"], name=op.f("fk_theme_retelling_theme_id_theme"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("theme_id", name=op.f("pk_theme_retelling")),
        comment="Labels and summaries of themes as a language model words them, checked by sentence.",
    )
    op.create_index(op.f("ix_theme_retelling_run_id"), "theme_retelling", ["run_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("theme_retelling")
