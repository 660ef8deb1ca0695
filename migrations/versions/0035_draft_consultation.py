"""Drafts of the position paper in public consultation, with answers to their comments.

Revision: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "draft_consultation",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("process_id", sa.Uuid(), nullable=False, comment="Process."),
        sa.Column("paper_id", sa.Uuid(), nullable=False, comment="Paper."),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, 3 ... among the drafts of this paper."),
        sa.Column(
            "content", JSONB(), nullable=False,
            comment="Sections, findings and numbers as they were frozen; quotes by place, never by words.",
        ),
        sa.Column("manifest", JSONB(), nullable=False, comment="Ids and hashes of inputs, methods with versions, parameters."),
        sa.Column("words", sa.Text(), nullable=False, comment="What readers are asked, in words of who opened it."),
        sa.Column(
            "audience", sa.String(10), nullable=False,
            comment="accounts: anyone signed in comments; readers: only people of the process.",
        ),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False, comment="From when anyone reads and comments it."),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False, comment="Until when it may be commented."),
        sa.Column(
            "version", sa.Integer(), server_default="1", nullable=False, comment="Counts changes of its dates: a stale one is refused."
        ),
        sa.Column("signed_by", sa.Uuid(), nullable=True, comment="Account that opened it."),
        sa.Column("signed_name", sa.String(120), nullable=False, comment="Name of who opened it, as it was then."),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False, comment="When it was frozen."
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_draft_consultation_closes_after_opening")),
        sa.CheckConstraint("audience IN ('accounts', 'readers')", name=op.f("ck_draft_consultation_audience_known")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_draft_consultation_process_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_draft_consultation_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_consultation")),
        sa.UniqueConstraint("paper_id", "number", name=op.f("uq_draft_consultation_paper_id_number")),
        comment="Drafts of position papers in public consultation, frozen.",
    )  # fmt: skip  # one column per line reads better so
    op.create_index("ix_draft_consultation_process_id", "draft_consultation", ["process_id", "opens_at"])
    op.create_table(
        "consulted_finding",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("consultation_id", sa.Uuid(), nullable=False, comment="Draft."),
        sa.Column("finding_id", sa.Uuid(), nullable=True, comment="Finding; empty for the draft as a whole."),
        sa.Column("position", sa.Integer(), nullable=False, comment="Order in the draft; 0 for the whole."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Number of the finding; 0 for the whole."),
        sa.Column("title", sa.String(200), nullable=False, comment="Title as it was consulted; empty for the whole."),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["draft_consultation.id"], name=op.f("fk_consulted_finding_consultation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_consulted_finding_finding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consulted_finding")),
        sa.UniqueConstraint(
            "consultation_id", "finding_id", name=op.f("uq_consulted_finding_consultation_id_finding_id"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="Findings of drafts in consultation, and each draft as a whole: targets of comments.",
    )  # fmt: skip  # one column per line reads better so
    op.create_index("ix_consulted_finding_finding_id", "consulted_finding", ["finding_id"])
    op.create_table(
        "comment_answer",
        sa.Column("comment_id", sa.Uuid(), nullable=False, comment="Comment."),
        sa.Column("target_id", sa.Uuid(), nullable=False, comment="What the comment is about."),
        sa.Column("verdict", sa.String(20), nullable=False, comment="accepted, accepted_in_part or not_accepted."),
        sa.Column("sentence", sa.Text(), nullable=False, comment="Why, in a public sentence."),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="Counts changes: a stale save is refused."),
        sa.Column("answered_by", sa.Uuid(), nullable=True, comment="Account that answered; empty after its erasure."),
        sa.Column("answered_name", sa.String(120), nullable=False, comment="Name as it was then; empty after erasure."),
        sa.Column(
            "answered_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False,
            comment="When it was last answered.",
        ),
        sa.CheckConstraint(
            "verdict IN ('accepted', 'accepted_in_part', 'not_accepted')", name=op.f("ck_comment_answer_verdict_known")
        ),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_comment_answer_comment_id")),
        sa.ForeignKeyConstraint(
            ["target_id"], ["consulted_finding.id"], name=op.f("fk_comment_answer_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comment_answer")),
        comment="Public answers to comments on drafts in consultation.",
    )  # fmt: skip  # one column per line reads better so
    op.create_index("ix_comment_answer_target_id", "comment_answer", ["target_id"])
    op.create_index("ix_comment_answer_answered_by", "comment_answer", ["answered_by"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("comment_answer")
    op.drop_table("consulted_finding")
    op.drop_table("draft_consultation")
