"""Answers collected elsewhere: files, and which answers came from them.

Revision: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "answer_import",
        sa.Column("id", sa.UUID(), nullable=False, comment="Random key."),
        sa.Column("questionnaire_id", sa.UUID(), nullable=False, comment="Questionnaire."),
        sa.Column(
            "file_id", sa.UUID(), nullable=True, comment="The file, until it was taken in; then it is deleted."
        ),
        sa.Column("name", sa.String(length=200), nullable=False, comment="Name of the file."),
        sa.Column("state", sa.String(length=10), nullable=False, comment="mapping, done or undone."),
        sa.Column(
            "mapping",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What each column answers, by its number.",
        ),
        sa.Column("added", sa.Integer(), nullable=False, comment="Answers it added."),
        sa.Column("already", sa.Integer(), nullable=False, comment="Answers that were there already."),
        sa.Column(
            "bad",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Lines that were not taken, each with its reason.",
        ),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, comment="When the file was brought."),
        sa.Column("begun_by", sa.UUID(), nullable=True, comment="Account that brought it."),
        sa.CheckConstraint("state IN ('mapping', 'done', 'undone')", name=op.f("ck_answer_import_state_known")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_answer_import_questionnaire_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_import")),
        comment="Files of answers collected elsewhere.",
    )
    op.create_index("ix_answer_import_questionnaire_id", "answer_import", ["questionnaire_id"])
    op.create_table(
        "imported_answer",
        sa.Column("answer_id", sa.UUID(), nullable=False, comment="Answer."),
        sa.Column("import_id", sa.UUID(), nullable=False, comment="Import it came with."),
        sa.ForeignKeyConstraint(
            ["import_id"], ["answer_import.id"], name=op.f("fk_imported_answer_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_imported_answer")),
        comment="Answers that came from files.",
    )
    op.create_index("ix_imported_answer_import_id", "imported_answer", ["import_id"])


def downgrade() -> None:
    """Go back. Answers stay; which file they came from is forgotten."""
    op.drop_index("ix_imported_answer_import_id", table_name="imported_answer")
    op.drop_table("imported_answer")
    op.drop_index("ix_answer_import_questionnaire_id", table_name="answer_import")
    op.drop_table("answer_import")
