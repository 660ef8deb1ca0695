"""Merging and splitting proposals: the act, what it concerns, what authors say to it; split proposals in the lists.

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LISTS = (("newest", "created_at"), ("supported", "supports_count"), ("discussed", "comments_count"))


def _states(known: str, listed: str) -> None:
    op.drop_constraint(op.f('ck_proposal_state_known'), 'proposal', type_='check')
    op.create_check_constraint(op.f('ck_proposal_state_known'), 'proposal', f"state IN ({known})")
    for name, column in _LISTS:
        op.drop_index(f'ix_proposal_{name}', table_name='proposal')
        op.create_index(f'ix_proposal_{name}', 'proposal', ['process_id', column, 'id'], postgresql_where=sa.text(f"state IN ({listed})"))


def upgrade() -> None:
    """Go forward."""
    _states("'published', 'hidden', 'withdrawn', 'merged', 'split'", "'published', 'merged', 'split'")
    op.alter_column('proposal', 'state', existing_type=sa.String(20), comment='published, hidden, withdrawn, merged or split.')
    op.create_table('proposal_regrouping',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='merged or split.'),
    sa.Column('state', sa.String(length=20), nullable=False, comment='asked, standing, refused or undone.'),
    sa.Column('by_authors', sa.Boolean(), nullable=False, comment='Whether the authors agreed on it; otherwise a moderator did it.'),
    sa.Column('reason', sa.Text(), nullable=False, comment='Public reason.'),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False, comment='When it was asked for, or done.'),
    sa.Column('asked_by', sa.UUID(), nullable=True, comment='Who asked for it or did it; empty once they erased their account.'),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=True, comment='When it took effect.'),
    sa.Column('objections_until', sa.DateTime(timezone=True), nullable=True, comment='Until when authors may object.'),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True, comment='When it was refused or taken back.'),
    sa.Column('ended_by', sa.UUID(), nullable=True, comment='Who refused it or took it back.'),
    sa.Column('end_reason', sa.Text(), server_default='', nullable=False, comment='Public reason why it was refused or taken back.'),
    sa.CheckConstraint("kind IN ('merged', 'split')", name=op.f('ck_proposal_regrouping_kind_known')),
    sa.CheckConstraint("state IN ('asked', 'standing', 'refused', 'undone')", name=op.f('ck_proposal_regrouping_state_known')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_proposal_regrouping_process_id')),
    sa.ForeignKeyConstraint(['asked_by'], ['account.id'], name=op.f('fk_proposal_regrouping_asked_by')),
    sa.ForeignKeyConstraint(['ended_by'], ['account.id'], name=op.f('fk_proposal_regrouping_ended_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal_regrouping')),
    comment='Merges and splits: who asked for them, why, until when authors may object, and whether they stand.'
    )
    op.create_index('ix_proposal_regrouping_process_id', 'proposal_regrouping', ['process_id', 'asked_at', 'id'])
    op.create_index(op.f('ix_proposal_regrouping_asked_by'), 'proposal_regrouping', ['asked_by'])
    op.create_index(op.f('ix_proposal_regrouping_ended_by'), 'proposal_regrouping', ['ended_by'])
    op.create_table('proposal_regrouping_part',
    sa.Column('regrouping_id', sa.UUID(), nullable=False, comment='Merge or split.'),
    sa.Column('proposal_id', sa.UUID(), nullable=False, comment='Proposal.'),
    sa.Column('role', sa.String(length=10), nullable=False, comment='from: carried on by others; into: carries others on.'),
    sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=True, comment='When its author agreed.'),
    sa.Column('objection', sa.Text(), server_default='', nullable=False, comment='What its author says against it.'),
    sa.Column('objected_at', sa.DateTime(timezone=True), nullable=True, comment='When its author objected.'),
    sa.Column('answer', sa.Text(), server_default='', nullable=False, comment='Answer to the objection.'),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True, comment='When the objection was answered.'),
    sa.Column('upheld', sa.Boolean(), nullable=True, comment='Whether the objection was right.'),
    sa.CheckConstraint("role IN ('from', 'into')", name=op.f('ck_proposal_regrouping_part_role_known')),
    sa.CheckConstraint("(objected_at IS NULL) = (objection = '')", name=op.f('ck_proposal_regrouping_part_objection_has_date')),
    sa.CheckConstraint("(answered_at IS NULL) = (upheld IS NULL)", name=op.f('ck_proposal_regrouping_part_answer_has_date')),
    sa.ForeignKeyConstraint(['regrouping_id'], ['proposal_regrouping.id'], name=op.f('fk_proposal_regrouping_part_regrouping_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_proposal_regrouping_part_proposal_id')),
    sa.PrimaryKeyConstraint('regrouping_id', 'proposal_id', name=op.f('pk_proposal_regrouping_part')),
    comment='Proposals concerned by a merge or split; agreement, objection and its answer.'
    )
    op.create_index('ix_proposal_regrouping_part_proposal_id', 'proposal_regrouping_part', ['proposal_id'])
    op.add_column('proposal_lineage', sa.Column('regrouping_id', sa.UUID(), nullable=True, comment='Act that made it.'))
    op.create_foreign_key(op.f('fk_proposal_lineage_regrouping_id'), 'proposal_lineage', 'proposal_regrouping', ['regrouping_id'], ['id'])
    op.create_index(op.f('ix_proposal_lineage_regrouping_id'), 'proposal_lineage', ['regrouping_id'])


def downgrade() -> None:
    """Go back. Split proposals stand by themselves again: the earlier schema does not know that state."""
    op.drop_index(op.f('ix_proposal_lineage_regrouping_id'), table_name='proposal_lineage')
    op.drop_constraint(op.f('fk_proposal_lineage_regrouping_id'), 'proposal_lineage', type_='foreignkey')
    op.drop_column('proposal_lineage', 'regrouping_id')
    op.drop_table('proposal_regrouping_part')
    op.drop_table('proposal_regrouping')
    op.execute("UPDATE proposal SET state = 'published' WHERE state = 'split'")
    op.alter_column('proposal', 'state', existing_type=sa.String(20), comment='published, hidden, withdrawn or merged.')
    _states("'published', 'hidden', 'withdrawn', 'merged'", "'published', 'merged'")
