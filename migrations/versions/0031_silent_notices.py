"""Notices keep silent about texts that may not be read: each names the texts whose words it repeats.

Revision: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. Notices that were written before name what their thread and key tell of them."""
    op.add_column(
        "notification",
        sa.Column(
            "names",
            postgresql.ARRAY(sa.String(length=60)),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Kind and key of all texts whose words it repeats: while one of them may not be read, it keeps silent.",
        ),
    )
    op.create_table(
        "notice_veil",
        sa.Column("thing", sa.String(length=60), nullable=False, comment="Kind and key of the text."),
        sa.PrimaryKeyConstraint("thing", name=op.f("pk_notice_veil")),
        comment="Texts whose words no notice tells now, because they are hidden or taken back.",
    )
    op.execute(
        "UPDATE notification SET names = array_remove(ARRAY[thread, CASE WHEN key LIKE 'comment:%' THEN left(key, 60) ELSE '' END], '') "
        "WHERE thread <> '' OR key LIKE 'comment:%'"
    )
    op.execute("INSERT INTO notice_veil SELECT 'proposal:' || id FROM proposal WHERE state = 'hidden'")
    op.execute("INSERT INTO notice_veil SELECT 'comment:' || id FROM comment WHERE state IN ('hidden', 'withdrawn')")


def downgrade() -> None:
    """Go back."""
    op.drop_table("notice_veil")
    op.drop_column("notification", "names")
