"""Changes that people propose to the words of others' proposals, and the co-authors they make.

Revision: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

STATES = "'open', 'accepted', 'declined', 'withdrawn', 'hidden', 'waiting', 'dropped'"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "proposal_amendment",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("process_id", sa.Uuid(), nullable=False, comment="Process it is part of."),
        sa.Column("proposal_id", sa.Uuid(), nullable=False, comment="Proposal it would change."),
        sa.Column("author_id", sa.Uuid(), nullable=True, comment="Who proposes it; empty once the person erased their account."),
        sa.Column("show_name", sa.Boolean(), server_default="true", nullable=False, comment="Whether the account's name is shown."),
        sa.Column(
            "pseudonym", sa.String(length=80), server_default="", nullable=False,
            comment="Signature shown instead of the name, where one was chosen.",
        ),
        sa.Column("base_version", sa.Integer(), nullable=False, comment="Version of the proposal's words it was written against."),
        sa.Column("title", sa.String(length=200), nullable=False, comment="Title as it would be."),
        sa.Column("text", sa.Text(), nullable=False, comment="Text as it would be, in Markdown."),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, in the words of who proposes it."),
        sa.Column(
            "state", sa.String(length=20), server_default="open", nullable=False,
            comment="open, accepted, declined, withdrawn, hidden, waiting or dropped.",
        ),
        sa.Column(
            "shown_state", sa.String(length=20), server_default="open", nullable=False,
            comment="State it has, or has again, while no moderator hides it or has still to read it.",
        ),
        sa.Column(
            "state_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False,
            comment="When it came into this state.",
        ),
        sa.Column(
            "version", sa.Integer(), server_default="1", nullable=False,
            comment="Grows with each edit and change of state: the optimistic lock.",
        ),
        sa.Column("text_version", sa.Integer(), server_default="1", nullable=False, comment="Grows with each edit of its words."),
        sa.Column(
            "answer", sa.Text(), server_default="", nullable=False, comment="What the proposal's author answered, for anyone to read."
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="When it was accepted or declined."),
        sa.Column("answered_by", sa.Uuid(), nullable=True, comment="Who answered; empty once they erased their account."),
        sa.Column(
            "accepted_version", sa.Integer(), nullable=True, comment="Version of the proposal's words that it became, once accepted."
        ),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False,
            comment="When it was proposed.",
        ),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True, comment="When its words last changed."),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_proposal_amendment_state_known")),
        sa.CheckConstraint(
            "shown_state IN ('open', 'accepted', 'declined', 'withdrawn')", name=op.f("ck_proposal_amendment_shown_state_known")
        ),
        sa.CheckConstraint(
            "(accepted_version IS NULL) = (shown_state <> 'accepted')", name=op.f("ck_proposal_amendment_accepted_has_version")
        ),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_proposal_amendment_process_id_process")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_amendment_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_proposal_amendment_author_id_account")),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_proposal_amendment_answered_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_amendment")),
        comment="Changes that people propose to the words of others' proposals.",
    )  # fmt: skip  # one column reads better so
    op.create_index("ix_proposal_amendment_order", "proposal_amendment", ["proposal_id", "created_at", "id"])
    op.create_index("ix_proposal_amendment_author_id", "proposal_amendment", ["author_id"])
    op.create_index("ix_proposal_amendment_process_id", "proposal_amendment", ["process_id", "created_at"])
    op.create_index(
        "ix_proposal_amendment_answered_by", "proposal_amendment", ["answered_by"],
        postgresql_where=sa.text("answered_by IS NOT NULL"),
    )  # fmt: skip  # one call reads better so
    op.create_index(
        "uq_proposal_amendment_one_at_a_time", "proposal_amendment", ["proposal_id", "author_id"], unique=True,
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
    )  # fmt: skip  # one call reads better so
    op.create_table(
        "proposal_coauthor",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random key."),
        sa.Column("proposal_id", sa.Uuid(), nullable=False, comment="Proposal."),
        sa.Column("account_id", sa.Uuid(), nullable=True, comment="Person; empty once they erased their account."),
        sa.Column("amendment_id", sa.Uuid(), nullable=False, comment="Their first amendment that was accepted."),
        sa.Column("show_name", sa.Boolean(), server_default="true", nullable=False, comment="Whether the account's name is shown."),
        sa.Column(
            "pseudonym", sa.String(length=80), server_default="", nullable=False,
            comment="Signature shown instead of the name, where one was chosen.",
        ),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False,
            comment="Since when they are a co-author.",
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_coauthor_proposal_id_proposal")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_proposal_coauthor_account_id_account")),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["proposal_amendment.id"], name=op.f("fk_proposal_coauthor_amendment_id_proposal_amendment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_coauthor")),
        sa.UniqueConstraint("proposal_id", "account_id", name=op.f("uq_proposal_coauthor_proposal_id_account_id")),
        comment="Co-authors of proposals, by the amendment that made them so.",
    )  # fmt: skip  # one column reads better so
    op.create_index("ix_proposal_coauthor_account_id", "proposal_coauthor", ["account_id"])
    op.create_index("ix_proposal_coauthor_amendment_id", "proposal_coauthor", ["amendment_id"])


def downgrade() -> None:
    """Go back. Words that were taken up stay in the proposals' versions."""
    op.drop_table("proposal_coauthor")
    op.drop_table("proposal_amendment")
