"""Indexes of the register of sources: counts by channel, pages of a zone.

Revision: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_index('ix_source_process_state', 'source', ['process_id', 'state', 'channel'])
    op.create_index('ix_source_process_zone', 'source', ['process_id', 'zone_id', 'id'])


def downgrade() -> None:
    """Go back."""
    op.drop_index('ix_source_process_zone', table_name='source')
    op.drop_index('ix_source_process_state', table_name='source')
