"""A change proposed to somebody's words waits for its author until a day that both are told, and lapses then; what lapsed says why.

Revision: 0055
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

_TABLE, _ACTS = "proposal_amendment", "proposal_regrouping"
_CAUSES = "lapsed_because IN ('late', 'closed', 'settled', 'gone')"


def _check(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _states(state: str, shown: str, comment: str) -> None:
    for name in ("state_known", "shown_state_known"):
        op.drop_constraint(op.f(f"ck_{_TABLE}_{name}"), _TABLE, type_="check")
    _check(_TABLE, "state_known", f"state IN ({state})")
    _check(_TABLE, "shown_state_known", f"shown_state IN ({shown})")
    op.alter_column(_TABLE, "state", existing_type=sa.String(20), existing_nullable=False, existing_server_default="open", comment=comment)


def upgrade() -> None:
    """Go forward. What waits already gets its whole term from now on: nobody was told of one before."""
    term = sa.Column(
        "answer_by", sa.DateTime(timezone=True), nullable=True,
        comment="Until when the proposal's author may answer; empty until it is theirs to answer.",
    )  # fmt: skip  # one column reads better so
    op.add_column(_TABLE, term)
    op.add_column(_TABLE, sa.Column("lapsed_because", sa.String(20), nullable=True, comment="late, closed, settled or gone: why it lapsed without an answer."))
    op.execute("UPDATE proposal_amendment SET answer_by = now() + interval '14 days' WHERE shown_state = 'open' AND state <> 'waiting'")
    _states(
        "'open', 'accepted', 'declined', 'lapsed', 'withdrawn', 'hidden', 'waiting', 'dropped'",
        "'open', 'accepted', 'declined', 'lapsed', 'withdrawn'",
        "open, accepted, declined, lapsed, withdrawn, hidden, waiting or dropped.",
    )
    _check(_TABLE, "open_has_term", "state <> 'open' OR answer_by IS NOT NULL")
    _check(_TABLE, "lapsed_because_known", _CAUSES)
    _check(_TABLE, "lapsed_has_cause", "(lapsed_because IS NULL) = (shown_state <> 'lapsed')")
    op.create_index(
        "ix_proposal_amendment_answer_by", _TABLE, ["answer_by"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.add_column(_ACTS, sa.Column("lapsed_because", sa.String(20), nullable=True, comment="late, closed, settled or gone: why a question lapsed without an answer."))
    op.execute(
        """
        UPDATE proposal_regrouping act SET lapsed_because = CASE
            WHEN EXISTS (
                SELECT FROM proposal_regrouping_part part JOIN proposal ON proposal.id = part.proposal_id
                WHERE part.regrouping_id = act.id AND proposal.author_id IS NULL
            ) THEN 'gone'
            WHEN act.ended_at >= act.asked_at + interval '14 days' THEN 'late'
            WHEN EXISTS (
                SELECT FROM proposal_regrouping_part part JOIN proposal ON proposal.id = part.proposal_id
                WHERE part.regrouping_id = act.id
                  AND (proposal.outcome IS NOT NULL OR proposal.state IN ('withdrawn', 'merged', 'split'))
            ) THEN 'settled'
            ELSE 'closed' END
        WHERE act.state = 'lapsed'
        """
    )
    _check(_ACTS, "lapsed_because_known", _CAUSES)
    _check(_ACTS, "lapsed_has_cause", "(lapsed_because IS NULL) = (state <> 'lapsed')")


def downgrade() -> None:
    """Go back. Before, what nobody answered waited for ever."""
    for name in ("lapsed_has_cause", "lapsed_because_known"):
        op.drop_constraint(op.f(f"ck_{_ACTS}_{name}"), _ACTS, type_="check")
    op.drop_column(_ACTS, "lapsed_because")
    op.drop_index("ix_proposal_amendment_answer_by", table_name=_TABLE, postgresql_where=sa.text("state = 'open'"))
    for name in ("lapsed_has_cause", "lapsed_because_known", "open_has_term"):
        op.drop_constraint(op.f(f"ck_{_TABLE}_{name}"), _TABLE, type_="check")
    # One who proposed the same words anew has one of the two taken back: only one at a time may wait.
    op.execute(
        """
        UPDATE proposal_amendment old SET shown_state = 'withdrawn', state = CASE old.state WHEN 'lapsed' THEN 'withdrawn' ELSE old.state END
        WHERE old.shown_state = 'lapsed' AND EXISTS (
            SELECT FROM proposal_amendment other WHERE other.proposal_id = old.proposal_id AND other.author_id = old.author_id
              AND other.id <> old.id AND (other.state IN ('open', 'waiting') OR (other.state = 'lapsed' AND other.id > old.id))
        )
        """
    )
    op.execute("UPDATE proposal_amendment SET state = 'open' WHERE state = 'lapsed'")
    op.execute("UPDATE proposal_amendment SET shown_state = 'open' WHERE shown_state = 'lapsed'")
    _states(
        "'open', 'accepted', 'declined', 'withdrawn', 'hidden', 'waiting', 'dropped'",
        "'open', 'accepted', 'declined', 'withdrawn'",
        "open, accepted, declined, withdrawn, hidden, waiting or dropped.",
    )
    op.drop_column(_TABLE, "lapsed_because")
    op.drop_column(_TABLE, "answer_by")
