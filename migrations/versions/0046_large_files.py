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
    """Go back: what was being read, or could not be, goes; it is brought again.

    So does what was read as plain rows but not taken in: the older program would read their notation as a table of its own. What was
    taken in stays, and can be undone; its file is gone. The bytes of files go with the next sweep.
    """
    plain = "file_id IN (SELECT id FROM stored_file WHERE kind = 'json')"
    unread = f"state IN ('reading', 'refused') OR (state IN ('mapping', 'looking', 'taking') AND {plain})"
    op.execute("DELETE FROM coding_import WHERE state IN ('reading', 'refused')")
    op.execute(f"DELETE FROM stored_file WHERE id IN (SELECT file_id FROM answer_import WHERE {unread})")
    # Of those with plain rows the file has gone in the line above.
    op.execute(
        "DELETE FROM answer_import WHERE state IN ('reading', 'refused') OR (state IN ('mapping', 'looking', 'taking') "
        "AND file_id IS NOT NULL AND NOT EXISTS (SELECT FROM stored_file f WHERE f.id = answer_import.file_id))"
    )
    op.execute("UPDATE source_import SET state = 'failed', failure = '' WHERE state = 'reading'")
    op.execute(
        "UPDATE source_import SET state = 'failed', ended_at = now(), failure = 'Questo file non c''è più.' "
        f"WHERE state IN ('draft', 'queued') AND {plain}"
    )
    files = op.get_bind().execute(sa.text(f"SELECT DISTINCT file_id FROM source_import WHERE {plain}")).scalars().all()
    if files:
        gone = sa.bindparam("files", files, expanding=True)
        op.execute(sa.text("UPDATE source_import SET file_id = NULL WHERE file_id IN :files").bindparams(gone))
        op.execute(sa.text("DELETE FROM stored_file WHERE id IN :files").bindparams(gone))
    for column in ("raw", "total", "seen"):
        op.drop_column("coding_import", column)
    _say(0)
    _allow(0)
