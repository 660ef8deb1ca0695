"""Evaluations of proposals by offices, notes among staff, dispositions in preparation.

Revision: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('evaluation_office',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('name', sa.String(length=200), nullable=False, comment='Name of the office or department.'),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was entered.'),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_evaluation_office_process_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluation_office')),
    sa.UniqueConstraint('process_id', 'name', name=op.f('uq_evaluation_office_process_id_name')),
    comment='Offices of a process that evaluate proposals; internal.'
    )
    op.create_table('evaluation_office_member',
    sa.Column('office_id', sa.UUID(), nullable=False, comment='Office.'),
    sa.Column('account_id', sa.UUID(), nullable=False, comment='Evaluator.'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_evaluation_office_member_account_id')),
    sa.ForeignKeyConstraint(['office_id'], ['evaluation_office.id'], name=op.f('fk_evaluation_office_member_office_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('office_id', 'account_id', name=op.f('pk_evaluation_office_member')),
    comment='Evaluators and the offices they work in.'
    )
    op.create_index('ix_evaluation_office_member_account_id', 'evaluation_office_member', ['account_id'], unique=False)
    op.create_table('evaluation',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('proposal_id', sa.UUID(), nullable=False, comment='Proposal to be evaluated.'),
    sa.Column('account_id', sa.UUID(), nullable=True, comment='Evaluator who was asked; empty for an office, and once they erased their account.'),
    sa.Column('office_id', sa.UUID(), nullable=True, comment='Office that was asked; empty where a person was.'),
    sa.Column('state', sa.String(length=20), server_default='asked', nullable=False, comment='asked, started, delivered, declined or withdrawn.'),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False, comment='Grows with each save: the optimistic lock.'),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False, comment='Until when it is wanted.'),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was asked.'),
    sa.Column('asked_by', sa.UUID(), nullable=True, comment='Moderator who asked.'),
    sa.Column('question', sa.Text(), server_default='', nullable=False, comment='What should be looked at.'),
    sa.Column('competence', sa.String(length=20), server_default='', nullable=False, comment='direct, shared, others or none; empty until it is said.'),
    sa.Column('competent_bodies', sa.String(length=300), server_default='', nullable=False, comment="Whose it is, where it is shared or others'."),
    sa.Column('feasibility', sa.Integer(), nullable=True, comment='1 not feasible to 5 feasible at once.'),
    sa.Column('feasibility_words', sa.Text(), server_default='', nullable=False, comment='What it depends on, in words.'),
    sa.Column('cost_from', sa.BigInteger(), nullable=True, comment='Least cost estimated, in euros.'),
    sa.Column('cost_to', sa.BigInteger(), nullable=True, comment='Greatest cost estimated, in euros.'),
    sa.Column('cost_words', sa.Text(), server_default='', nullable=False, comment='What the cost is made of.'),
    sa.Column('opinion', sa.Text(), server_default='', nullable=False, comment='Internal opinion; never published.'),
    sa.Column('outcome', sa.String(length=20), server_default='', nullable=False, comment='Disposition the evaluator proposes; empty for none.'),
    sa.Column('reason_code', sa.String(length=40), server_default='', nullable=False, comment='Reason proposed with it, by its stable code.'),
    sa.Column('proposal_version', sa.Integer(), nullable=True, comment="Version of the proposal's words that was read when it was delivered."),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=True, comment='When it was last saved.'),
    sa.Column('saved_by', sa.UUID(), nullable=True, comment='Who saved it last.'),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True, comment='When it was delivered.'),
    sa.Column('ended_why', sa.Text(), server_default='', nullable=False, comment='Why it was handed back or withdrawn, in words.'),
    sa.CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name=op.f('ck_evaluation_delivered_has_date')),
    sa.CheckConstraint("competence IN ('', 'direct', 'shared', 'others', 'none')", name=op.f('ck_evaluation_competence_known')),
    sa.CheckConstraint("state IN ('asked', 'started', 'delivered', 'declined', 'withdrawn')", name=op.f('ck_evaluation_state_known')),
    sa.CheckConstraint('account_id IS NULL OR office_id IS NULL', name=op.f('ck_evaluation_asked_of_one')),
    sa.CheckConstraint('cost_from >= 0 AND cost_to >= cost_from', name=op.f('ck_evaluation_cost_is_a_range')),
    sa.CheckConstraint('feasibility BETWEEN 1 AND 5', name=op.f('ck_evaluation_feasibility_on_the_scale')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_evaluation_account_id')),
    sa.ForeignKeyConstraint(['asked_by'], ['account.id'], name=op.f('fk_evaluation_asked_by')),
    sa.ForeignKeyConstraint(['office_id'], ['evaluation_office.id'], name=op.f('fk_evaluation_office_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_evaluation_process_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_evaluation_proposal_id')),
    sa.ForeignKeyConstraint(['saved_by'], ['account.id'], name=op.f('fk_evaluation_saved_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluation')),
    sa.UniqueConstraint('proposal_id', 'account_id', name=op.f('uq_evaluation_proposal_id_account_id')),
    sa.UniqueConstraint('proposal_id', 'office_id', name=op.f('uq_evaluation_proposal_id_office_id')),
    comment='Evaluations of proposals asked of evaluators and offices; internal, never published.'
    )
    op.create_index('ix_evaluation_account_id', 'evaluation', ['account_id'], unique=False, postgresql_where=sa.text('account_id IS NOT NULL'))
    op.create_index('ix_evaluation_office_id', 'evaluation', ['office_id'], unique=False, postgresql_where=sa.text('office_id IS NOT NULL'))
    op.create_index('ix_evaluation_process_id', 'evaluation', ['process_id', 'due_at', 'id'], unique=False)
    op.create_table('evaluation_overlap',
    sa.Column('evaluation_id', sa.UUID(), nullable=False, comment='Evaluation.'),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='finding, provision or action.'),
    sa.Column('thing_id', sa.UUID(), nullable=False, comment='Key of the thing, named by kind.'),
    sa.Column('origin', sa.String(length=20), nullable=False, comment='machine: suggested and accepted by a person; human: named by a person.'),
    sa.Column('method', sa.String(length=80), server_default='', nullable=False, comment='How it was suggested; empty where a person named it.'),
    sa.CheckConstraint("kind IN ('finding', 'provision', 'action')", name=op.f('ck_evaluation_overlap_kind_known')),
    sa.CheckConstraint("origin IN ('machine', 'human')", name=op.f('ck_evaluation_overlap_origin_known')),
    sa.ForeignKeyConstraint(['evaluation_id'], ['evaluation.id'], name=op.f('fk_evaluation_overlap_evaluation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('evaluation_id', 'kind', 'thing_id', name=op.f('pk_evaluation_overlap')),
    comment='Overlaps of proposals that evaluators accepted from suggestions or named themselves.'
    )
    op.create_table('internal_note',
    sa.Column('id', sa.UUID(), nullable=False, comment='Random key.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('proposal_id', sa.UUID(), nullable=False, comment='Proposal it is about.'),
    sa.Column('parent_id', sa.UUID(), nullable=True, comment='Note it answers; empty for a note of its own.'),
    sa.Column('author_id', sa.UUID(), nullable=True, comment='Who wrote it; empty once they erased their account.'),
    sa.Column('text', sa.Text(), nullable=False, comment='What was written, in Markdown; emptied when it is taken back.'),
    sa.Column('written_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was written.'),
    sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True, comment='When its author took it back.'),
    sa.ForeignKeyConstraint(['author_id'], ['account.id'], name=op.f('fk_internal_note_author_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['internal_note.id'], name=op.f('fk_internal_note_parent_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_internal_note_process_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_internal_note_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_internal_note')),
    comment='Notes among staff about proposals; never public, never exported.'
    )
    op.create_index('ix_internal_note_author_id', 'internal_note', ['author_id'], unique=False)
    op.create_index(op.f('ix_internal_note_parent_id'), 'internal_note', ['parent_id'], unique=False)
    op.create_index('ix_internal_note_proposal_id', 'internal_note', ['proposal_id', 'written_at', 'id'], unique=False)
    op.create_table('disposition_draft',
    sa.Column('proposal_id', sa.UUID(), nullable=False, comment='Proposal.'),
    sa.Column('process_id', sa.UUID(), nullable=False, comment='Process.'),
    sa.Column('version', sa.Integer(), nullable=False, comment='Grows with each save: the optimistic lock.'),
    sa.Column('proposal_version', sa.Integer(), nullable=False, comment='Version of the proposal that was read.'),
    sa.Column('outcome', sa.String(length=20), nullable=False, comment='Outcome.'),
    sa.Column('reason_code', sa.String(length=40), nullable=False, comment='Stable code of the reason.'),
    sa.Column('public_reason', sa.Text(), nullable=False, comment='The reason in words, for anyone to read once published.'),
    sa.Column('body', sa.String(length=200), nullable=False, comment='Body that decides.'),
    sa.Column('action_id', sa.UUID(), nullable=True, comment='Action it becomes part of, where the outcome leads to one that is there.'),
    sa.Column('action_title', sa.String(length=200), server_default='', nullable=False, comment='Title of the action to be born with it, where none is there.'),
    sa.Column('passage', sa.Text(), server_default='', nullable=False, comment='Words of the proposal concerned; empty for all of them.'),
    sa.Column('saved_at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False, comment='When it was last saved.'),
    sa.Column('saved_by', sa.UUID(), nullable=True, comment='Who saved it last.'),
    sa.Column('act_id', sa.UUID(), nullable=True, comment='Act by which it was published; empty while it is in preparation, and again after an undo.'),
    sa.CheckConstraint("outcome IN ('adopted', 'adopted_in_part', 'merged', 'already_planned', 'postponed', 'not_competent', 'rejected')", name=op.f('ck_disposition_draft_outcome_known')),
    sa.ForeignKeyConstraint(['action_id'], ['draft_action.id'], name=op.f('fk_disposition_draft_action_id')),
    sa.ForeignKeyConstraint(['process_id'], ['process.id'], name=op.f('fk_disposition_draft_process_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_disposition_draft_proposal_id')),
    sa.ForeignKeyConstraint(['saved_by'], ['account.id'], name=op.f('fk_disposition_draft_saved_by')),
    sa.PrimaryKeyConstraint('proposal_id', name=op.f('pk_disposition_draft')),
    comment='Dispositions in preparation, one for a proposal at a time.'
    )
    op.create_index(op.f('ix_disposition_draft_act_id'), 'disposition_draft', ['act_id'], unique=False)
    op.create_index('ix_disposition_draft_process_id', 'disposition_draft', ['process_id', 'proposal_id'], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("disposition_draft")
    op.drop_table("internal_note")
    op.drop_table("evaluation_overlap")
    op.drop_table("evaluation")
    op.drop_table("evaluation_office_member")
    op.drop_table("evaluation_office")
