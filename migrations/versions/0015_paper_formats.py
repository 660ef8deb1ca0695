"""Papers are written as DOCX, ODT and JSON too.

Revision: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    _known("format IN ('html', 'pdf', 'docx', 'odt', 'json')", "html, pdf, docx, odt or json.")


def downgrade() -> None:
    """Go back; files in the newer formats are built anew when they are asked for."""
    op.execute("DELETE FROM paper_file WHERE format NOT IN ('html', 'pdf')")
    _known("format IN ('html', 'pdf')", "html or pdf.")


def _known(condition: str, comment: str) -> None:
    op.drop_constraint(op.f("ck_paper_file_format_known"), "paper_file", type_="check")
    op.create_check_constraint(op.f("ck_paper_file_format_known"), "paper_file", condition)
    op.alter_column("paper_file", "format", existing_type=sa.String(length=5), existing_nullable=False, comment=comment)
