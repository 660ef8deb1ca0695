"""A source says itself whether it may be in use, its history what was done to it, and a passage from which file it was read.

Revision: 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. What was done before is in the record; passages in use without consent are left to the clock, which withdraws them."""
    op.add_column(
        "source_revision",
        sa.Column(
            "change", sa.String(10), server_default="", nullable=False, comment="What was done to it: stable code; empty where nobody kept it."
        ),
    )  # fmt: skip  # one column reads better so
    op.execute(
        """
        UPDATE source_revision r SET change = substr(a.action, length('source.') + 1) FROM audit_event a
        WHERE a.object_kind = 'source' AND a.object_id = r.source_id::text AND (a.meta->>'revision')::int = r.revision + 1
          AND a.action IN ('source.redact', 'source.correct', 'source.withdraw', 'source.hide', 'source.restore', 'source.publish', 'source.hold')
        """
    )
    op.add_column(
        "interview_passage",
        sa.Column(
            "original_id", sa.Uuid(), nullable=True,
            comment="File it was read from, named by key only: it may be gone; empty where it was typed, or nobody kept it.",
        ),
    )  # fmt: skip  # one column reads better so
    # Where an interview has one file, its passages came from it; where it has several, nobody knows.
    op.execute(
        """
        UPDATE interview_passage p SET original_id = o.id FROM interview_original o
        WHERE o.interview_id = p.interview_id AND o.imported_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM interview_original x WHERE x.interview_id = o.interview_id AND x.id <> o.id)
        """
    )
    # Last, so that the register is locked for as short as may be.
    op.add_column(
        "source",
        sa.Column(
            "consented", sa.Boolean(), server_default="true", nullable=False,
            comment="Whether who said it lets it be written down and read; while they do not it is withdrawn, whatever else is so.",
        ),
    )  # fmt: skip  # one column reads better so
    op.execute(
        """
        UPDATE source s SET consented = false FROM interview i
        WHERE i.id = s.unit_id AND s.channel = 'interview' AND s.state = 'withdrawn' AND NOT (i.consent_transcribe AND i.consent_code)
        """
    )
    op.create_check_constraint(op.f("ck_source_consented_in_use"), "source", "consented OR state = 'withdrawn'")


def downgrade() -> None:
    """Go back."""
    op.drop_column("interview_passage", "original_id")
    op.drop_column("source_revision", "change")
    op.drop_constraint(op.f("ck_source_consented_in_use"), "source", type_="check")
    op.drop_column("source", "consented")
