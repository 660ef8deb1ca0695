"""Passages that went because their interview may no longer be read say so with a reason of their own.

Revision: 0049
"""

from __future__ import annotations

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward.

    Until now the program gave the reason that people choose, too. What it withdrew carries the moment of the change of consent, or no
    account; what somebody withdrew by hand carries neither, and stays theirs to put back.
    """
    op.execute(
        """
        UPDATE source_revision r SET reason_code = 'consent_lapsed'
        FROM source s JOIN interview i ON i.id = s.unit_id
        WHERE r.source_id = s.id AND r.reason_code = 'consent_withdrawn' AND r.state = 'live'
          AND s.channel = 'interview' AND s.state = 'withdrawn' AND NOT (i.consent_transcribe AND i.consent_code)
          AND (r.changed_by IS NULL
               OR EXISTS (SELECT FROM consent_change c WHERE c.interview_id = i.id AND c.changed_at = r.changed_at))
        """
    )


def downgrade() -> None:
    """Go back."""
    op.execute("UPDATE source_revision SET reason_code = 'consent_withdrawn' WHERE reason_code = 'consent_lapsed'")
    op.execute("UPDATE source_revision SET reason_code = 'author_asked' WHERE reason_code = 'consent_back'")
