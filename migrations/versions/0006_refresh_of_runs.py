"""Runs that pause, and runs that only read what changed.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATES = "state IN ('preparing', 'paused', 'reducing', 'done', 'cancelled', 'failed')"
_STATES_BEFORE = "state IN ('preparing', 'reducing', 'done', 'cancelled', 'failed')"


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "run",
        sa.Column(
            "kind",
            sa.String(length=10),
            server_default="full",
            nullable=False,
            comment="full: themes are found anew; refresh: only what changed is read into the themes there are.",
        ),
    )
    op.create_check_constraint(op.f("ck_run_kind_known"), "run", "kind IN ('full', 'refresh')")
    _states(_STATES, "state IN ('preparing', 'paused', 'reducing')", "preparing, paused, reducing, done, cancelled or failed.")
    op.add_column(
        "run_result",
        sa.Column(
            "prototypes",
            sa.LargeBinary(),
            server_default=sa.text("''::bytea"),
            nullable=False,
            comment="One float32 row per strategy: where this consultation's own texts moved it.",
        ),
    )
    op.add_column(
        "source_reading",
        sa.Column(
            "revision", sa.Integer(), server_default="0", nullable=False, comment="Revision of the source that was read."
        ),
    )
    # What was read before this column was there counts as read at its present revision.
    op.execute("UPDATE source_reading SET revision = source.revision FROM source WHERE source.id = source_reading.source_id")


def downgrade() -> None:
    """Go back; a paused run is given up, and runs that only refreshed stay as ordinary ones."""
    op.drop_column("source_reading", "revision")
    op.drop_column("run_result", "prototypes")
    op.execute("UPDATE run SET state = 'cancelled' WHERE state = 'paused'")
    _states(_STATES_BEFORE, "state IN ('preparing', 'reducing')", "preparing, reducing, done, cancelled or failed.")
    op.drop_constraint(op.f("ck_run_kind_known"), "run", type_="check")
    op.drop_column("run", "kind")


def _states(known: str, running: str, comment: str) -> None:
    op.drop_index("uq_run_running", table_name="run")
    op.drop_constraint(op.f("ck_run_state_known"), "run", type_="check")
    op.create_check_constraint(op.f("ck_run_state_known"), "run", known)
    op.create_index("uq_run_running", "run", ["process_id"], unique=True, postgresql_where=sa.text(running))
    op.alter_column("run", "state", existing_type=sa.String(length=20), existing_nullable=False, comment=comment)
