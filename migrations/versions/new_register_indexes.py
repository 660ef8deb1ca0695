"""Indexes of the register of sources: counts by channel, pages of a zone.

Revision: new_register_indexes
"""

from __future__ import annotations

from alembic import op

revision = 'new_register_indexes'
down_revision = '0007'
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
