"""An index that answers counts, filters and denominators of sources without reading their texts.

Revision: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        "ix_source_facets",
        "source",
        ["process_id", "state", "zone_id", "channel", "speaker_kind"],
        postgresql_include=["voice_id", "id"],
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_source_facets", table_name="source")
