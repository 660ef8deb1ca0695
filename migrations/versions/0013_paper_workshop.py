"""Findings set against existing plans, comments and approvals of drafts; who is where on the desks and what was read.

Revision: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        'run_result',
        sa.Column('moved', postgresql.JSONB(), server_default='[]', nullable=False, comment='Sources that moved between themes: from, to, how many.'),
    )
    op.create_table('desk_presence',
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('account_id', sa.UUID(), nullable=False, comment='Account.'),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='Kind of thing that is open: theme, finding, source.'),
    sa.Column('thing_id', sa.UUID(), nullable=False, comment='The thing that is open.'),
    sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When the page was last open.'),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_desk_presence_process_id')),
    sa.PrimaryKeyConstraint('process_id', 'account_id', name=op.f('pk_desk_presence')),
    comment='Where staff is on the desks now: who else is here. Not a history: each person has one row.'
    )
    op.create_index('ix_desk_presence_process_seen', 'desk_presence', ['process_id', 'seen_at'], unique=False)
    op.create_table('provision_strategy',
    sa.Column('provision_id', sa.UUID(), nullable=False, comment='Provision.'),
    sa.Column('strategy_id', sa.UUID(), nullable=False, comment='Strategy.'),
    sa.ForeignKeyConstraint(['provision_id'], ['provision.id'], name=op.f('fk_provision_strategy_provision_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['strategy_id'], ['strategy.id'], name=op.f('fk_provision_strategy_strategy_id')),
    sa.PrimaryKeyConstraint('provision_id', 'strategy_id', name=op.f('pk_provision_strategy')),
    comment='Strategies that provisions of existing plans speak of.'
    )
    op.create_index('ix_provision_strategy_strategy_id', 'provision_strategy', ['strategy_id'], unique=False)
    op.create_table('source_read',
    sa.Column('source_id', sa.UUID(), nullable=False, comment='Source.'),
    sa.Column('account_id', sa.UUID(), nullable=False, comment='Account that read it.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('revision', sa.Integer(), nullable=False, comment='Revision that was read: a corrected text is unread again.'),
    sa.Column('read_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When.'),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_source_read_process_id')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_source_read_source_id')),
    sa.PrimaryKeyConstraint('source_id', 'account_id', name=op.f('pk_source_read')),
    comment='Which sources each facilitator has read, at which revision: what is left of the reading.'
    )
    op.create_index('ix_source_read_account', 'source_read', ['process_id', 'account_id', 'read_at'], unique=False)
    op.create_table('section_approval',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('section_id', sa.UUID(), nullable=False, comment='Section.'),
    sa.Column('account_id', sa.UUID(), nullable=False, comment='Account that is asked.'),
    sa.Column('account_name', sa.String(length=120), nullable=False, comment='Name as it was then.'),
    sa.Column('asked_by', sa.UUID(), nullable=True, comment='Account that asked.'),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was asked.'),
    sa.Column('state', sa.String(length=10), nullable=False, comment='asked, approved or changes.'),
    sa.Column('note', sa.Text(), nullable=False, comment='What the person answered.'),
    sa.Column('text_sha256', sa.String(length=64), nullable=False, comment="Fingerprint of the section's texts when it was answered."),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True, comment='When it was answered.'),
    sa.CheckConstraint("state IN ('asked', 'approved', 'changes')", name=op.f('ck_section_approval_state_known')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_section_approval_process_id')),
    sa.ForeignKeyConstraint(['section_id'], ['section.id'], name=op.f('fk_section_approval_section_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_section_approval')),
    comment='Approvals of sections asked of people, with the fingerprint of the text they answered on.'
    )
    op.create_index('ix_section_approval_account', 'section_approval', ['account_id', 'state'], unique=False)
    op.create_index(op.f('ix_section_approval_process_id'), 'section_approval', ['process_id'], unique=False)
    op.create_index('ix_section_approval_section_id', 'section_approval', ['section_id', 'asked_at'], unique=False)
    op.create_table('confrontation',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('finding_id', sa.UUID(), nullable=False, comment='Finding.'),
    sa.Column('plan_id', sa.UUID(), nullable=False, comment='Existing plan.'),
    sa.Column('provision_id', sa.UUID(), nullable=True, comment='Provision; empty where the plan has none on this.'),
    sa.Column('state', sa.String(length=15), nullable=False, comment='covered, partly, conflicting, gap or not_competent.'),
    sa.Column('note', sa.Text(), nullable=False, comment='Why, in words of who wrote the paper.'),
    sa.Column('origin', sa.String(length=10), nullable=False, comment='suggested: a person accepted a suggestion by likeness; human: found by a person.'),
    sa.Column('score', sa.Float(), nullable=True, comment='Likeness of the texts, where it was suggested.'),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False, comment='Counts changes: a stale save is refused.'),
    sa.Column('changed_by', sa.UUID(), nullable=True, comment='Account that changed it last.'),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was last changed.'),
    sa.Column('reply', sa.Text(), server_default='', nullable=False, comment='Reply of the department that owns the plan.'),
    sa.Column('replied_by', sa.UUID(), nullable=True, comment='Account that replied.'),
    sa.Column('reply_name', sa.String(length=200), server_default='', nullable=False, comment='Department that replied, as it signs.'),
    sa.Column('replied_at', sa.DateTime(timezone=True), nullable=True, comment='When it replied.'),
    sa.CheckConstraint("origin IN ('suggested', 'human')", name=op.f('ck_confrontation_origin_known')),
    sa.CheckConstraint("provision_id IS NOT NULL OR state IN ('gap', 'not_competent')", name=op.f('ck_confrontation_gap_needs_no_provision')),
    sa.CheckConstraint("state IN ('covered', 'partly', 'conflicting', 'gap', 'not_competent')", name=op.f('ck_confrontation_state_known')),
    sa.ForeignKeyConstraint(['finding_id'], ['finding.id'], name=op.f('fk_confrontation_finding_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['plan_id'], ['reference_plan.id'], name=op.f('fk_confrontation_plan_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_confrontation_process_id')),
    sa.ForeignKeyConstraint(['provision_id'], ['provision.id'], name=op.f('fk_confrontation_provision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_confrontation')),
    comment='Findings of papers set against provisions of existing plans.'
    )
    op.create_index('ix_confrontation_process_id', 'confrontation', ['process_id', 'plan_id'], unique=False)
    op.create_index(op.f('ix_confrontation_provision_id'), 'confrontation', ['provision_id'], unique=False)
    op.create_index('uq_confrontation_plan', 'confrontation', ['finding_id', 'plan_id'], unique=True, postgresql_where=sa.text('provision_id IS NULL'))
    op.create_index('uq_confrontation_provision', 'confrontation', ['finding_id', 'provision_id'], unique=True, postgresql_where=sa.text('provision_id IS NOT NULL'))
    op.create_table('margin_note',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('finding_id', sa.UUID(), nullable=True, comment='Finding.'),
    sa.Column('section_id', sa.UUID(), nullable=True, comment='Section.'),
    sa.Column('sentence', sa.Integer(), nullable=True, comment='Sentence it is about, from 1; empty: the whole.'),
    sa.Column('quoted', sa.String(length=300), nullable=False, comment='First words of that sentence as they were, to know it again; never of a source.'),
    sa.Column('text', sa.Text(), nullable=False, comment='What it says.'),
    sa.Column('author_id', sa.UUID(), nullable=False, comment='Account that wrote it.'),
    sa.Column('author_name', sa.String(length=120), nullable=False, comment='Name as it was then.'),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was written.'),
    sa.Column('settled_by', sa.UUID(), nullable=True, comment='Account that settled it.'),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True, comment='When it was settled; empty while open.'),
    sa.CheckConstraint('num_nonnulls(finding_id, section_id) = 1', name=op.f('ck_margin_note_one_place')),
    sa.ForeignKeyConstraint(['finding_id'], ['finding.id'], name=op.f('fk_margin_note_finding_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_margin_note_process_id')),
    sa.ForeignKeyConstraint(['section_id'], ['section.id'], name=op.f('fk_margin_note_section_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_margin_note')),
    comment='Comments in the margin of papers being written; seen by those who see the workshop.'
    )
    op.create_index('ix_margin_note_finding_id', 'margin_note', ['finding_id', 'created_at'], unique=False)
    op.create_index(op.f('ix_margin_note_process_id'), 'margin_note', ['process_id'], unique=False)
    op.create_index('ix_margin_note_section_id', 'margin_note', ['section_id', 'created_at'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_column('run_result', 'moved')
    op.drop_index('ix_margin_note_section_id', table_name='margin_note')
    op.drop_index(op.f('ix_margin_note_process_id'), table_name='margin_note')
    op.drop_index('ix_margin_note_finding_id', table_name='margin_note')
    op.drop_table('margin_note')
    op.drop_index('uq_confrontation_provision', table_name='confrontation', postgresql_where=sa.text('provision_id IS NOT NULL'))
    op.drop_index('uq_confrontation_plan', table_name='confrontation', postgresql_where=sa.text('provision_id IS NULL'))
    op.drop_index(op.f('ix_confrontation_provision_id'), table_name='confrontation')
    op.drop_index('ix_confrontation_process_id', table_name='confrontation')
    op.drop_table('confrontation')
    op.drop_index('ix_section_approval_section_id', table_name='section_approval')
    op.drop_index(op.f('ix_section_approval_process_id'), table_name='section_approval')
    op.drop_index('ix_section_approval_account', table_name='section_approval')
    op.drop_table('section_approval')
    op.drop_index('ix_source_read_account', table_name='source_read')
    op.drop_table('source_read')
    op.drop_index('ix_provision_strategy_strategy_id', table_name='provision_strategy')
    op.drop_table('provision_strategy')
    op.drop_index('ix_desk_presence_process_seen', table_name='desk_presence')
    op.drop_table('desk_presence')
