"""A document keeps the file it has until the worker has read the one that is to take its place.

Revision: 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: what is read now is coming."""
    op.add_column(
        "document", sa.Column("coming_id", sa.Uuid(), nullable=True, comment="A file that the worker reads now, to take the other's place.")
    )
    op.create_foreign_key(op.f("fk_document_coming_id_stored_file"), "document", "stored_file", ["coming_id"], ["id"])
    op.execute("UPDATE document SET coming_id = file_id, file_id = NULL WHERE reading")
    op.drop_column("document", "reading")


def downgrade() -> None:
    """Go back: what is coming is the document's file, and read now."""
    op.add_column(
        "document",
        sa.Column("reading", sa.Boolean(), server_default="false", nullable=False, comment="Whether the worker reads the file now."),
    )
    op.execute("UPDATE document SET reading = true, file_id = coming_id WHERE coming_id IS NOT NULL")
    op.drop_constraint(op.f("fk_document_coming_id_stored_file"), "document", type_="foreignkey")
    op.drop_column("document", "coming_id")
