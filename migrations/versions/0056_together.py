"""What a person is told of one act goes to them in one letter.

Revision: 0056
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. Jobs that still name one disposition name its act from now on; of an act that has one already they are dropped."""
    comment = "What it was told with: notices of one act go to a person in one letter; empty where it stands alone."
    op.add_column("notification", sa.Column("together", sa.Uuid(), nullable=True, comment=comment))
    op.execute(
        """
        INSERT INTO outbox_job (topic, key, payload, not_before)
        SELECT 'moderation.tell', d.act_id::text, jsonb_build_object('act_id', d.act_id), max(job.not_before)
        FROM outbox_job job JOIN disposition d ON job.key = d.id::text
        WHERE job.topic = 'moderation.tell' AND job.payload ? 'disposition_id' AND job.done_at IS NULL AND job.parked_at IS NULL
        GROUP BY d.act_id ON CONFLICT (topic, key) DO NOTHING
        """
    )
    op.execute(
        "DELETE FROM outbox_job WHERE topic = 'moderation.tell' AND payload ? 'disposition_id' AND done_at IS NULL AND parked_at IS NULL"
    )


def downgrade() -> None:
    """Go back: what was asked for an act is asked for each of its dispositions."""
    op.execute(
        """
        INSERT INTO outbox_job (topic, key, payload, not_before)
        SELECT 'moderation.tell', d.id::text, jsonb_build_object('disposition_id', d.id), job.not_before
        FROM outbox_job job JOIN disposition d ON job.key = d.act_id::text
        WHERE job.topic = 'moderation.tell' AND job.payload ? 'act_id' AND job.done_at IS NULL AND job.parked_at IS NULL
        ON CONFLICT (topic, key) DO NOTHING
        """
    )
    op.execute("DELETE FROM outbox_job WHERE topic = 'moderation.tell' AND payload ? 'act_id' AND done_at IS NULL AND parked_at IS NULL")
    op.drop_column("notification", "together")
