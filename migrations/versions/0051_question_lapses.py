"""A question between two authors may be withdrawn by whoever asked it, and lapses where nobody answers.

Revision: 0051
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_TABLE, _NAME = "proposal_regrouping", "ck_proposal_regrouping_state_known"


def _states(known: str, state: str, ended_at: str) -> None:
    op.drop_constraint(op.f(_NAME), _TABLE, type_="check")
    op.create_check_constraint(op.f(_NAME), _TABLE, f"state IN ({known})")
    op.alter_column(_TABLE, "state", existing_type=sa.String(20), existing_nullable=False, comment=state)
    op.alter_column(_TABLE, "ended_at", existing_type=sa.DateTime(timezone=True), existing_nullable=True, comment=ended_at)


def upgrade() -> None:
    """Go forward. What whoever asked took back was called refused until now."""
    _states(
        "'asked', 'standing', 'refused', 'withdrawn', 'lapsed', 'undone'",
        "asked, standing, refused, withdrawn, lapsed or undone.",
        "When it was refused or taken back, or lapsed.",
    )
    op.execute("UPDATE proposal_regrouping SET state = 'withdrawn' WHERE state = 'refused' AND ended_by = asked_by")


def downgrade() -> None:
    """Go back."""
    op.execute("UPDATE proposal_regrouping SET state = 'refused' WHERE state IN ('withdrawn', 'lapsed')")
    _states(
        "'asked', 'standing', 'refused', 'undone'",
        "asked, standing, refused or undone.",
        "When it was refused or taken back.",
    )
