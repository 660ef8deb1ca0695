"""The files that came with answers may be asked for, all in one archive.

Revision: 0052
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_TABLE, _NAME = "survey_file", "ck_survey_file_kind_known"


def _kinds(known: str, words: str) -> None:
    op.drop_constraint(op.f(_NAME), _TABLE, type_="check")
    op.create_check_constraint(op.f(_NAME), _TABLE, f"kind IN ({known})")
    op.alter_column(_TABLE, "kind", existing_type=sa.String(20), existing_nullable=False, comment=words)


def upgrade() -> None:
    """Go forward."""
    _kinds(
        "'csv', 'codes', 'xlsx', 'json', 'dictionary', 'sheet', 'uploads'",
        "csv (in words), codes (csv in codes), xlsx, json, dictionary (of the columns), sheet (paper) or uploads (files that came).",
    )


def downgrade() -> None:
    """Go back: archives that were asked for go; their bytes are swept, and the files themselves stay."""
    op.execute("DELETE FROM stored_file WHERE id IN (SELECT file_id FROM survey_file WHERE kind = 'uploads')")
    op.execute("DELETE FROM survey_file WHERE kind = 'uploads'")
    _kinds(
        "'csv', 'codes', 'xlsx', 'json', 'dictionary', 'sheet'",
        "csv (in words), codes (csv in codes), xlsx, json, dictionary (of the columns) or sheet (paper).",
    )
