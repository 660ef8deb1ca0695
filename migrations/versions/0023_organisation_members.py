"""Who speaks for which organisation.

Revision: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from consult.core.db import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "organisation_member",
        sa.Column("organisation_id", sa.Uuid(), nullable=False, comment="Body."),
        sa.Column("account_id", sa.Uuid(), nullable=False, comment="Person."),
        sa.Column(
            "state", sa.String(length=10), server_default="asked", nullable=False, comment="asked, accepted or refused."
        ),
        sa.Column(
            "asked_at", UtcDateTime(), server_default=sa.text("clock_timestamp()"), nullable=False, comment="When the person asked."
        ),
        sa.Column("decided_at", UtcDateTime(), nullable=True, comment="When it was confirmed or refused."),
        sa.Column("decided_by", sa.Uuid(), nullable=True, comment="Who confirmed or refused it."),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'refused')", name=op.f("ck_organisation_member_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_organisation_member_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["account.id"], name=op.f("fk_organisation_member_decided_by_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_member_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "account_id", name=op.f("pk_organisation_member")),
        comment="Who speaks for which body, as confirmed by who manages a process.",
    )
    op.create_index("ix_organisation_member_account_id", "organisation_member", ["account_id"])
    op.create_index(op.f("ix_organisation_member_decided_by"), "organisation_member", ["decided_by"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("organisation_member")
