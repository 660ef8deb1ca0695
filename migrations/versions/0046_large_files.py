"""Large files are read by the worker: answers, answers to questionnaires, coded work.

Revision: 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

#: States by table, before and now.
STATES = {
    "source_import": ("draft queued done failed undoing undone", "reading draft queued done failed undoing undone"),
    "answer_import": ("mapping looking taking done undoing undone", "reading refused mapping looking taking done undoing undone"),
    "coding_import": ("trying draft taking done undoing undone", "reading trying draft refused taking done undoing undone"),
}
#: What is said of columns, before and now.
SAID = {
    ("source_import", "state"): (
        "draft, queued, done, failed, undoing (by the worker) or undone.",
        "reading (by the worker), draft, queued, done, failed, undoing (by the worker) or undone.",
    ),
    ("source_import", "file_id"): (
        "The file as it was uploaded; empty where a command read it.",
        "The file as it was uploaded, or the plain rows that a large one was read as; empty where a command read it.",
    ),
    ("answer_import", "state"): (
        "mapping; looking, taking or undoing while the worker is at it; done or undone.",
        "mapping; reading, looking, taking or undoing while the worker is at it; refused, done or undone.",
    ),
    ("answer_import", "file_id"): (
        "The file, until it was taken in; then it is deleted.",
        "The file, or the plain rows a large workbook was read as, until it was taken in; then it is deleted.",
    ),
    ("coding_import", "state"): (
        "draft, done or undone; trying, taking or undoing while the worker is at it.",
        "draft, refused, done or undone; reading, trying, taking or undoing while the worker is at it.",
    ),
}


def _say(now: int) -> None:
    for (table, column), said in SAID.items():
        op.alter_column(table, column, comment=said[now])


def _allow(now: int) -> None:
    for table, states in STATES.items():
        name = op.f(f"ck_{table}_state_known")
        op.drop_constraint(name, table, type_="check")
        known = ", ".join(f"'{state}'" for state in states[now].split())
        op.create_check_constraint(name, table, f"state IN ({known})")


def upgrade() -> None:
    """Go forward."""
    _allow(1)
    _say(1)
    op.add_column(
        "coding_import",
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False, comment="Texts that the worker has been through."),
    )
    op.add_column(
        "coding_import", sa.Column("total", sa.Integer(), server_default="0", nullable=False, comment="Texts it has to go through.")
    )
    op.add_column(
        "coding_import",
        sa.Column(
            "raw",
            sa.LargeBinary(),
            nullable=True,
            comment="The file as it came, until the worker has read it. It is kept no longer, and never served.",
        ),
    )


def downgrade() -> None:
    """Go back: what was being read, or could not be, goes; it is brought again."""
    op.execute("DELETE FROM coding_import WHERE state IN ('reading', 'refused')")
    op.execute("DELETE FROM answer_import WHERE state IN ('reading', 'refused')")
    op.execute("UPDATE source_import SET state = 'failed', failure = '' WHERE state = 'reading'")
    for column in ("raw", "total", "seen"):
        op.drop_column("coding_import", column)
    _say(0)
    _allow(0)
