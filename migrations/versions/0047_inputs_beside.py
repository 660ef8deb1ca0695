"""A refresh names the inputs that differ from its full run's, and not all of them again.

Revision: 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

WHOLE = "For each source used: id, revision, hash of its normalised text."
BESIDE = "For each source used: id, revision, hash of its text; beside another run's only what differs, with revision 0 what left."


def upgrade() -> None:
    """Go forward: what is there names all its inputs."""
    op.add_column(
        "run_result",
        sa.Column(
            "beside_run_id", sa.Uuid(), nullable=True, comment="Full run whose inputs stand where these name none; empty where these name all."
        ),
    )
    op.create_foreign_key(op.f("fk_run_result_beside_run_id_run"), "run_result", "run", ["beside_run_id"], ["id"])
    op.alter_column("run_result", "inputs", comment=BESIDE, existing_comment=WHOLE)


def downgrade() -> None:
    """Go back: every result names all its inputs, in order of key."""
    op.execute("""
        WITH own AS (
            SELECT s.run_id, item ->> 0 AS key, item
            FROM run_result s, jsonb_array_elements(s.inputs) AS inside (item) WHERE s.beside_run_id IS NOT NULL
        ), base AS (
            SELECT s.run_id, item ->> 0 AS key, item
            FROM run_result s JOIN run_result b ON b.run_id = s.beside_run_id, jsonb_array_elements(b.inputs) AS inside (item)
        ), whole AS (
            SELECT run_id, key, item FROM own WHERE (item ->> 1)::integer > 0
            UNION ALL
            SELECT base.run_id, base.key, base.item
            FROM base LEFT JOIN own ON own.run_id = base.run_id AND own.key = base.key WHERE own.key IS NULL
        )
        UPDATE run_result r SET inputs = coalesce(listed.inputs, '[]'::jsonb)
        FROM (
            SELECT s.run_id, jsonb_agg(w.item ORDER BY w.key) FILTER (WHERE w.key IS NOT NULL) AS inputs
            FROM run_result s LEFT JOIN whole w ON w.run_id = s.run_id WHERE s.beside_run_id IS NOT NULL GROUP BY s.run_id
        ) AS listed
        WHERE listed.run_id = r.run_id
    """)
    op.alter_column("run_result", "inputs", comment=WHOLE, existing_comment=BESIDE)
    op.drop_constraint(op.f("fk_run_result_beside_run_id_run"), "run_result", type_="foreignkey")
    op.drop_column("run_result", "beside_run_id")
