"""Files that the worker reads: documents with many pages, workbooks, and whole imports that are taken back.

Revision: 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

#: By table: its constraint, states before and after, and what the column says of them.
STATES = {
    "source_import": (
        "ck_source_import_state_known",
        ("draft", "queued", "done", "failed", "undone"),
        ("draft", "queued", "done", "failed", "undoing", "undone"),
        "draft, queued, done, failed or undone.",
        "draft, queued, done, failed, undoing (by the worker) or undone.",
    ),
    "answer_import": (
        "ck_answer_import_state_known",
        ("mapping", "looking", "taking", "done", "undone"),
        ("mapping", "looking", "taking", "done", "undoing", "undone"),
        "mapping; looking or taking while the worker is at it; done or undone.",
        "mapping; looking, taking or undoing while the worker is at it; done or undone.",
    ),
    "coding_import": (
        "ck_coding_import_state_known",
        ("draft", "done", "undone"),
        ("trying", "draft", "taking", "done", "undoing", "undone"),
        "draft, done or undone.",
        "draft, done or undone; trying, taking or undoing while the worker is at it.",
    ),
}


def upgrade() -> None:
    """Go forward."""
    for table, (name, _before, after, _said, says) in STATES.items():
        _allow(table, name, after, says)
    op.add_column(
        "source_import",
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False, comment="Rows that the worker has been through."),
    )
    op.add_column(
        "source_import",
        sa.Column(
            "total", sa.Integer(), server_default="0", nullable=False,
            comment="Rows it has to go through, where it has counted them.",
        ),
    )  # fmt: skip  # one column reads better so
    op.add_column(
        "coding_import",
        sa.Column(
            "asked", sa.Integer(), server_default="0", nullable=False, comment="How often the worker was asked for something."
        ),
    )
    op.add_column(
        "coding_import",
        sa.Column("failure", postgresql.JSONB(), nullable=True, comment="Why the worker could not do it: a sentence in parts."),
    )
    for column in (
        sa.Column(
            "reading", sa.Boolean(), server_default="false", nullable=False, comment="Whether the worker reads the file now."
        ),
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False, comment="Pages that the worker has read."),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False, comment="Pages of the file."),
        sa.Column(
            "failure", postgresql.JSONB(), nullable=True, comment="Why the last file could not be read: a sentence in parts."
        ),
    ):
        op.add_column("document", column)


def downgrade() -> None:
    """Go back: what was being taken back counts as taken in."""
    for name in ("failure", "total", "seen", "reading"):
        op.drop_column("document", name)
    op.drop_column("coding_import", "failure")
    op.drop_column("coding_import", "asked")
    op.execute("UPDATE coding_import SET state = 'draft' WHERE state IN ('trying', 'taking')")
    op.drop_column("source_import", "total")
    op.drop_column("source_import", "seen")
    for table, (name, before, _after, said, _says) in STATES.items():
        op.execute(f"UPDATE {table} SET state = 'done' WHERE state = 'undoing'")  # noqa: S608  # A name from above.
        _allow(table, name, before, said)


def _allow(table: str, name: str, states: tuple[str, ...], says: str) -> None:
    """Let the column hold these states."""
    op.drop_constraint(op.f(name), table)
    op.create_check_constraint(op.f(name), table, f"state IN ({', '.join(repr(state) for state in states)})")
    op.alter_column(table, "state", existing_type=sa.String(10), existing_nullable=False, comment=says)
