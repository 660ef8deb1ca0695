"""Questionnaires: drafts count savings, texts keep their history, who is at work, uploads that may be left over, targets that stop.

Revision: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_SAVINGS = "Counts savings: one from another window is not overwritten."


def upgrade() -> None:
    """Go forward."""
    for table in ("answer_draft", "account_draft"):
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment=_SAVINGS))
    op.add_column(
        "questionnaire",
        sa.Column(
            "stops",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="Whether some target stops answers once it is reached.",
        ),
    )
    op.add_column(
        "survey_target",
        sa.Column(
            "stops",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="Whether no more are taken from this group once they are there.",
        ),
    )
    op.create_check_constraint(op.f("ck_survey_target_stop_not_telling"), "survey_target", "NOT stops OR wanted >= 5")
    op.create_table(
        "questionnaire_text_revision",
        sa.Column("id", sa.UUID(), nullable=False, comment="Random key."),
        sa.Column("questionnaire_id", sa.UUID(), nullable=False, comment="Questionnaire."),
        sa.Column(
            "page", sa.Integer(), nullable=True, comment="Number of the page then; empty: the questionnaire itself."
        ),
        sa.Column(
            "content",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Its words then: title, introduction, thanks, other languages.",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="When it was corrected."),
        sa.Column("changed_by", sa.UUID(), nullable=True, comment="Account that corrected it."),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_questionnaire_text_revision_questionnaire_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_text_revision")),
        comment="Earlier texts of published questionnaires and of their pages; those of questions stand by the question.",
    )
    op.create_index(
        "ix_questionnaire_text_revision_questionnaire_id", "questionnaire_text_revision", ["questionnaire_id"]
    )
    op.create_table(
        "questionnaire_desk_mark",
        sa.Column("questionnaire_id", sa.UUID(), nullable=False, comment="Questionnaire."),
        sa.Column("account_id", sa.UUID(), nullable=False, comment="Who is at work."),
        sa.Column(
            "place",
            sa.String(length=60),
            nullable=False,
            comment="Part: builder, settings, p-number, d-question, n-kind of a new question.",
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="When they were last there."),
        sa.Column(
            "values",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="What is typed and not saved, by field; empty: nothing.",
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True, comment="When that was kept."),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_questionnaire_desk_mark_account_id")),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_questionnaire_desk_mark_questionnaire_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("questionnaire_id", "account_id", "place", name=op.f("pk_questionnaire_desk_mark")),
        comment="Who is at work on which part of a questionnaire, with their unsaved words; gone when saved.",
    )
    op.create_index(op.f("ix_questionnaire_desk_mark_account_id"), "questionnaire_desk_mark", ["account_id"])
    op.create_table(
        "survey_upload",
        sa.Column("file_id", sa.UUID(), nullable=False, comment="Stored file."),
        sa.Column("questionnaire_id", sa.UUID(), nullable=False, comment="Questionnaire."),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False, comment="When it came."),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_survey_upload_questionnaire_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_survey_upload")),
        comment="Files that came with sheets (pseudonymous mode); those that no answer and no draft names are removed.",
    )
    op.create_index("ix_survey_upload_uploaded_at", "survey_upload", ["uploaded_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("survey_upload")
    op.drop_table("questionnaire_desk_mark")
    op.drop_table("questionnaire_text_revision")
    op.drop_constraint(op.f("ck_survey_target_stop_not_telling"), "survey_target", type_="check")
    op.drop_column("survey_target", "stops")
    op.drop_column("questionnaire", "stops")
    for table in ("answer_draft", "account_draft"):
        op.drop_column(table, "version")
