"""Texts that a moderator reads before anybody else, where a process asks it.

Revision: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

#: Kind of text, in the plural, by the column that says whether it is read first.
KINDS = ("proposals", "comments", "contributions")
#: Table, its states before, the new ones, and the state that what never appeared goes back to: it stays hidden.
STATES = (
    ("proposal", ("published", "hidden", "withdrawn", "merged", "split"), ("waiting", "dropped"), "hidden"),
    ("comment", ("visible", "hidden", "withdrawn"), ("waiting",), "hidden"),
    ("source", ("live", "withdrawn", "hidden"), ("waiting",), "hidden"),
)
COMMENTS = {
    "proposal": ("published, hidden, withdrawn, merged or split.", "published, hidden, withdrawn, merged, split, waiting or dropped."),
    "comment": ("visible, hidden or withdrawn.", "visible, hidden, withdrawn or waiting."),
    "source": ("live, withdrawn or hidden; never deleted.", "live, withdrawn, hidden or waiting; never deleted."),
}


def _known(column: str, states: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(state) for state in states)})"


def upgrade() -> None:
    """Go forward."""
    for kind in KINDS:
        op.add_column(
            "process",
            sa.Column(
                f"premoderate_{kind}", sa.Boolean(), server_default="false", nullable=False,
                comment=f"Whether a moderator reads new {kind} before anybody else.",
            ),
        )  # fmt: skip  # one column reads better so
    for table, before, new, _back in STATES:
        op.drop_constraint(op.f(f"ck_{table}_state_known"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_state_known"), table, _known("state", before + new))
        op.alter_column(table, "state", comment=COMMENTS[table][1], existing_comment=COMMENTS[table][0])
    op.drop_constraint(op.f("ck_moderation_act_verb_known"), "moderation_act", type_="check")
    op.drop_constraint(op.f("ck_moderation_act_hiding_has_reason"), "moderation_act", type_="check")
    op.create_check_constraint(
        op.f("ck_moderation_act_verb_known"),
        "moderation_act",
        _known("verb", ("hidden", "restored", "kept", "published", "refused")),
    )
    op.create_check_constraint(
        op.f("ck_moderation_act_hiding_has_reason"),
        "moderation_act",
        "verb NOT IN ('hidden', 'refused') OR reason_code <> ''",
    )
    op.alter_column(
        "moderation_act", "verb", comment="hidden, restored, kept, published or refused.", existing_comment="hidden, restored or kept."
    )


def downgrade() -> None:
    """Go back. What nobody had read stays unseen: it is hidden."""
    op.drop_constraint(op.f("ck_moderation_act_verb_known"), "moderation_act", type_="check")
    op.drop_constraint(op.f("ck_moderation_act_hiding_has_reason"), "moderation_act", type_="check")
    op.execute("UPDATE moderation_act SET verb = 'hidden' WHERE verb = 'refused'")
    op.execute("UPDATE moderation_act SET verb = 'restored' WHERE verb = 'published'")
    op.create_check_constraint(
        op.f("ck_moderation_act_verb_known"), "moderation_act", _known("verb", ("hidden", "restored", "kept"))
    )
    op.create_check_constraint(
        op.f("ck_moderation_act_hiding_has_reason"), "moderation_act", "verb <> 'hidden' OR reason_code <> ''"
    )
    op.alter_column(
        "moderation_act", "verb", comment="hidden, restored or kept.", existing_comment="hidden, restored, kept, published or refused."
    )
    for table, before, new, back in STATES:
        for state in new:
            op.execute(f"UPDATE {table} SET state = '{back}' WHERE state = '{state}'")
        op.drop_constraint(op.f(f"ck_{table}_state_known"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_state_known"), table, _known("state", before))
        op.alter_column(table, "state", comment=COMMENTS[table][0], existing_comment=COMMENTS[table][1])
    for kind in reversed(KINDS):
        op.drop_column("process", f"premoderate_{kind}")
