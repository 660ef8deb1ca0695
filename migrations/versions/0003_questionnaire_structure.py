"""Questionnaires with pages, conditions, languages, more kinds of question, and parts that can be put back.

Revision: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('short', 'long', 'single', 'multiple', 'yes_no', 'scale', 'place', 'speaker')"
NOW = (
    "kind IN ('short', 'long', 'single', 'multiple', 'yes_no', 'scale', 'likert', 'matrix', 'matrix_multiple', 'ranking', 'points', "
    "'number', 'date', 'place', 'speaker', 'strategy', 'axis', 'file', 'display', 'consent')"
)


def _json(name: str, comment: str, default: str | None = "{}", nullable: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, postgresql.JSONB(astext_type=sa.Text()), server_default=default, nullable=nullable, comment=comment
    )


def upgrade() -> None:
    """Go forward. Questions that are there get a code made of their order."""
    op.create_table(
        "questionnaire_page",
        sa.Column("id", sa.UUID(), nullable=False, comment="Random key."),
        sa.Column("questionnaire_id", sa.UUID(), nullable=False, comment="Questionnaire."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Its place among the pages, from 1."),
        sa.Column("title", sa.String(length=200), nullable=False, comment="Title; empty: none."),
        sa.Column("intro", sa.Text(), nullable=False, comment="Words before its questions."),
        _json("condition", "When it is shown; empty: always.", None, True),
        _json("texts", "Title and introduction in other languages.", None),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts edits: a stale save is refused.",
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_questionnaire_page_questionnaire_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_page")),
        sa.UniqueConstraint(
            "questionnaire_id",
            "number",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_questionnaire_page_questionnaire_id_number"),
        ),
        comment="Pages of questionnaires that have a title, an introduction or a condition; others are just a number.",
    )
    op.create_table(
        "questionnaire_removed_part",
        sa.Column("id", sa.UUID(), nullable=False, comment="Random key."),
        sa.Column("questionnaire_id", sa.UUID(), nullable=False, comment="Questionnaire."),
        _json("content", "Page and questions with their keys and places.", None),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False, comment="When it was taken out."),
        sa.Column("removed_by", sa.UUID(), nullable=True, comment="Account that took it out."),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_questionnaire_removed_part_questionnaire_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_removed_part")),
        comment="Parts taken out of questionnaires, as they were, until the questionnaire takes its first answer.",
    )
    op.create_index(
        "ix_questionnaire_removed_part_questionnaire_id", "questionnaire_removed_part", ["questionnaire_id"]
    )
    op.add_column(
        "questionnaire", _json("languages", "Languages it is written in; the first is the original.", '["it"]')
    )
    op.add_column("questionnaire", _json("texts", "Title, introduction and thanks in the other languages."))
    op.add_column(
        "question",
        sa.Column("code", sa.String(length=40), nullable=True, comment="Its name in conditions, exports and files."),
    )
    op.execute(
        "UPDATE question SET code = 'q' || n FROM (SELECT id AS key, row_number() OVER"
        " (PARTITION BY questionnaire_id ORDER BY page, position) AS n FROM question) AS numbered WHERE id = key"
    )
    op.alter_column("question", "code", nullable=False)
    op.create_unique_constraint(
        op.f("uq_question_questionnaire_id_code"),
        "question",
        ["questionnaire_id", "code"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.add_column("question", _json("rows", "Rows of a matrix: code and label.", "[]"))
    op.add_column("question", _json("condition", "When it is shown; empty: always.", None, True))
    op.add_column("question", _json("texts", "Its texts in the other languages."))
    op.add_column(
        "question",
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts edits: a stale save is refused.",
        ),
    )
    op.alter_column(
        "question",
        "settings",
        comment="Of its kind: ends of a scale and their labels, most choices, length, unit, points.",
        existing_comment="Of its kind: ends of a scale and their labels, most choices.",
    )
    op.add_column("question_revision", _json("content", "All its words then: purpose, options, rows, other languages."))
    op.drop_constraint(op.f("ck_question_kind_known"), "question", type_="check")
    op.create_check_constraint(op.f("ck_question_kind_known"), "question", NOW)


def downgrade() -> None:
    """Go back. Questions of kinds that did not exist become texts; their answers stay as they were."""
    op.drop_constraint(op.f("ck_question_kind_known"), "question", type_="check")
    op.execute(f"UPDATE question SET kind = 'short' WHERE NOT {BEFORE}")
    op.create_check_constraint(op.f("ck_question_kind_known"), "question", BEFORE)
    op.drop_column("question_revision", "content")
    op.alter_column(
        "question",
        "settings",
        comment="Of its kind: ends of a scale and their labels, most choices.",
        existing_comment="Of its kind: ends of a scale and their labels, most choices, length, unit, points.",
    )
    op.drop_constraint(op.f("uq_question_questionnaire_id_code"), "question", type_="unique")
    for column in ("version", "texts", "condition", "rows", "code"):
        op.drop_column("question", column)
    op.drop_column("questionnaire", "texts")
    op.drop_column("questionnaire", "languages")
    op.drop_index("ix_questionnaire_removed_part_questionnaire_id", table_name="questionnaire_removed_part")
    op.drop_table("questionnaire_removed_part")
    op.drop_table("questionnaire_page")
