"""Large files of answers, which the worker looks through and takes in.

Revision: 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

STATES = "ck_answer_import_state_known"


def upgrade() -> None:
    """Go forward."""
    for column in (
        sa.Column(
            "incomplete", sa.Boolean(), server_default="false", nullable=False,
            comment="Whether rows are taken that lack a required answer.",
        ),
        sa.Column(
            "looked", postgresql.JSONB(), nullable=True,
            comment="What these columns would give, as it was last looked at: how many rows are good, already there, refused.",
        ),
        sa.Column(
            "asked", sa.Integer(), server_default="0", nullable=False,
            comment="How often the worker was asked to look or to take in.",
        ),
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False, comment="Rows that the worker has been through."),
        sa.Column(
            "total", sa.Integer(), server_default="0", nullable=False,
            comment="Rows it has to go through, where it has counted them.",
        ),
        sa.Column("failure", postgresql.JSONB(), nullable=True, comment="Why the worker could not do it: a sentence in parts."),
        sa.Column(
            "refused", sa.Integer(), server_default="0", nullable=False,
            comment="Lines that were not taken; the first of them stand in bad.",
        ),
    ):  # fmt: skip  # one column reads better so
        op.add_column("answer_import", column)
    op.execute("UPDATE answer_import SET refused = jsonb_array_length(bad)")
    _columns(
        "mapping; looking or taking while the worker is at it; done or undone.",
        "The first lines that were not taken, each with its reason.",
    )
    op.drop_constraint(op.f(STATES), "answer_import")
    op.create_check_constraint(
        op.f(STATES), "answer_import", "state IN ('mapping', 'looking', 'taking', 'done', 'undone')"
    )


def downgrade() -> None:
    """Go back: what the worker was at waits to be mapped again."""
    op.execute("UPDATE answer_import SET state = 'mapping' WHERE state IN ('looking', 'taking')")
    op.drop_constraint(op.f(STATES), "answer_import")
    op.create_check_constraint(op.f(STATES), "answer_import", "state IN ('mapping', 'done', 'undone')")
    _columns("mapping, done or undone.", "Lines that were not taken, each with its reason.")
    for name in ("refused", "failure", "total", "seen", "asked", "looked", "incomplete"):
        op.drop_column("answer_import", name)


def _columns(state: str, bad: str) -> None:
    """What the two columns hold that hold something else now."""
    op.alter_column("answer_import", "state", existing_type=sa.String(10), existing_nullable=False, comment=state)
    op.alter_column("answer_import", "bad", existing_type=postgresql.JSONB(), existing_nullable=False, comment=bad)
