"""Imports of coded work that can be looked at before and taken back after; a code may be withdrawn with the import that brought it.

Revision: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_STATE = "live, merged, split, or withdrawn with the import that brought it."
_STATE_BEFORE = "live, merged or split."


def upgrade() -> None:
    """Go forward."""
    op.drop_constraint(op.f("ck_code_state_known"), "code", type_="check")
    op.create_check_constraint(
        op.f("ck_code_state_known"), "code", "state IN ('live', 'merged', 'split', 'withdrawn')"
    )
    op.alter_column("code", "state", comment=_STATE, existing_comment=_STATE_BEFORE)
    op.create_table(
        "coding_import",
        sa.Column("id", sa.UUID(), nullable=False, comment="Random key."),
        sa.Column("process_id", sa.UUID(), nullable=False, comment="Process."),
        sa.Column("name", sa.String(length=200), nullable=False, comment="Name of the file."),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="codebook, project or taguette."),
        sa.Column("state", sa.String(length=10), nullable=False, comment="draft, done or undone."),
        sa.Column(
            "content",
            JSONB(),
            nullable=False,
            comment="Codes, texts and pieces of the file while it is a draft; emptied once it was decided.",
        ),
        sa.Column(
            "report",
            JSONB(),
            nullable=False,
            comment="What the import would do, then what it did: numbers and sentences, no words of sources.",
        ),
        sa.Column("trail", JSONB(), nullable=False, comment="What it added and changed, by key."),
        sa.Column(
            "created_by", sa.UUID(), nullable=True, comment="Account that brought the file; empty for a command."
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was brought.",
        ),
        sa.Column(
            "ended_at", sa.DateTime(timezone=True), nullable=True, comment="When it was imported or taken back."
        ),
        sa.CheckConstraint("kind IN ('codebook', 'project', 'taguette')", name=op.f("ck_coding_import_kind_known")),
        sa.CheckConstraint("state IN ('draft', 'done', 'undone')", name=op.f("ck_coding_import_state_known")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_coding_import_process_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coding_import")),
        comment="Imports of codebooks and coded projects.",
    )
    op.create_index("ix_coding_import_process_order", "coding_import", ["process_id", "created_at", "id"])


def downgrade() -> None:
    """Go back. A code that was withdrawn comes back into use: there is no other state that would not lie."""
    op.drop_table("coding_import")
    op.execute("UPDATE code SET state = 'live' WHERE state = 'withdrawn'")
    op.drop_constraint(op.f("ck_code_state_known"), "code", type_="check")
    op.create_check_constraint(op.f("ck_code_state_known"), "code", "state IN ('live', 'merged', 'split')")
    op.alter_column("code", "state", comment=_STATE_BEFORE, existing_comment=_STATE)
